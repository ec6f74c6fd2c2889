// Data planes beside TLS, with a network in between that does as it likes: what it sees tells it
// nothing, what it changes is noticed, and nothing it does gives a wrong answer.
#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "protocol/socket_pipe.h"
#include "testing/meddling_proxy.h"
#include "testing/sanitizer.h"
#include "testing/test_certificate.h"
#include "testing/test_data.h"
#include "testing/with_plain.h"
#include "tests/split/honest_server.h"
#include "tests/split/whole_pass.h"
#include "trusted/split/split.h"

namespace sotto {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<uint8_t>;
using Code = absl::StatusCode;
using Direction = MeddlingProxy::Direction;

// Of a record as it is sent: sealed, and padded to whole units.
constexpr uint64_t kSealedRequest = 256, kSealedAnswer = 128;

class DataPlaneTest : public testing::Test {
 protected:
  DataPlaneTest() { SetLogLevel(LogLevel::kError); }

  int port() const {
    return std::stoi(server_.endpoint().substr(server_.endpoint().rfind(':') + 1));
  }
  SplitSetup SetupFor(const MeddlingProxy& proxy, DataPlane plane) const {
    SplitSetup setup;
    setup.endpoints = {proxy.endpoint()};
    setup.protection = Protection::kPlain;  // In the fixed-point format: unmasked, but verified.
    setup.plain_format = NumberFormat::kRing32;
    setup.tls.emplace();
    setup.pinned_keys = {ValueOrDie(KeyFingerprint(own_.certificate))};
    setup.data_plane = plane;
    setup.exchange_timeout = std::chrono::seconds(20);
    return setup;
  }
  // Of one forward pass; `plane`: what was used.
  absl::StatusOr<std::vector<float>> Run(const SplitSetup& setup,
                                         DataPlane* plane = nullptr) const {
    ThreadPool pool(1);
    SOTTO_ASSIGN_OR_RETURN(const auto runtime, SplitRuntime::Prepare(checkpoint_, setup, pool));
    SOTTO_ASSIGN_OR_RETURN(SplitLinear split, runtime->Connect());
    if (plane != nullptr) *plane = split.sessions[0]->server().data_plane;
    return pass_.Run(checkpoint_, std::move(split.linear));
  }
  absl::StatusOr<std::vector<float>> RunMeddledWith(MeddlingProxy::Meddle meddle) const {
    const MeddlingProxy proxy(port(), std::move(meddle));
    return Run(SetupFor(proxy, DataPlane::kTcp));
  }
  // One bit of a direction's byte, counted from behind the hail.
  static MeddlingProxy::Meddle Flips(Direction where, uint64_t byte, int bit) {
    return [=](Direction direction, uint64_t at, Bytes& bytes) {
      const uint64_t place = kHailBytes + byte;
      if (direction == where && at <= place && place < at + bytes.size()) {
        bytes[place - at] ^= static_cast<uint8_t>(1 << bit);
      }
      return true;
    };
  }

  const TestCertificate own_ = TestCertificate::Make();
  const HonestServer server_ = HonestServer::Start(ShippedModelDir(), [&](ServerOptions& o) {
    o.tls = ServerTls{
        .certificate_chain = own_.certificate, .private_key = own_.key, .client_roots = ""};
  });
  const Checkpoint checkpoint_ = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  const WholePass pass_{.prompts = 1, .length = 8, .threads = 1};
  const std::vector<float> want_ = pass_.RunLocally(checkpoint_);
};

TEST_F(DataPlaneTest, ANetworkThatForwardsIsNoneToNotice) {
  const MeddlingProxy proxy(port());
  for (const DataPlane plane : {DataPlane::kTcp, DataPlane::kGrpc, DataPlane::kAuto}) {
    DataPlane used{};
    const auto got = Run(SetupFor(proxy, plane), &used);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_TRUE(SameBits(*got, want_));
    EXPECT_EQ(used, plane == DataPlane::kAuto ? DataPlane::kShm : plane);
  }
  EXPECT_EQ(proxy.data_connections(), 1);
}

// Blocks of 16 bytes, but padding of zeros, that have occurred before.
size_t RepeatedBlocks(const Bytes& bytes) {
  std::set<Bytes> seen;
  const Bytes zeros(16);
  size_t repeated = 0;
  for (size_t at = 0; at + 16 <= bytes.size(); at += 16) {
    const Bytes block(bytes.begin() + at, bytes.begin() + at + 16);
    if (block != zeros && !seen.insert(block).second) ++repeated;
  }
  return repeated;
}

// The same rows and answers, again and again, in one session and in the next.
TEST_F(DataPlaneTest, WhatPassesNeverRepeats) {
  const auto pass_twice = [&](bool tls) {
    const HonestServer open = HonestServer::Start(ShippedModelDir());
    const std::string& endpoint = open.endpoint();
    const MeddlingProxy proxy(tls ? port() : std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
    SplitSetup setup = SetupFor(proxy, DataPlane::kTcp);
    if (!tls) {
      setup.tls.reset();
      setup.pinned_keys.clear();
    }
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(Run(setup).ok());
    Bytes all = proxy.Seen(MeddlingProxy::kToServer);
    const Bytes answers = proxy.Seen(MeddlingProxy::kToClient);
    all.insert(all.end(), answers.begin(), answers.end());
    return all;
  };
  const Bytes secret = pass_twice(true), open = pass_twice(false);
  ASSERT_GT(secret.size(), open.size());
  EXPECT_EQ(RepeatedBlocks(secret), 4u);  // The hails: each server repeats the client's.
  EXPECT_GT(RepeatedBlocks(open), open.size() / 16 / 3);
}

TEST_F(DataPlaneTest, AnyChangeOfARecordEndsTheSession) {
  const int step = kUnderSanitizer ? 61 : 7;
  for (uint64_t byte = 0; byte < 192 + 16; byte += step) {
    const auto got = RunMeddledWith(Flips(MeddlingProxy::kToServer, byte, byte % 8));
    EXPECT_EQ(got.status().code(), Code::kInvalidArgument) << byte << ": " << got.status();
    EXPECT_THAT(std::string(got.status().message()), HasSubstr("not as it was sealed")) << byte;
  }
  for (uint64_t byte = 0; byte < 64 + 16; byte += step) {
    const auto got = RunMeddledWith(Flips(MeddlingProxy::kToClient, byte, byte % 8));
    EXPECT_EQ(got.status().code(), Code::kAborted) << byte << ": " << got.status();
    EXPECT_THAT(std::string(got.status().message()), HasSubstr("not as it was sealed")) << byte;
  }
}

// Rows and answers have no tag: every bit of theirs is caught by the check of the product.
TEST_F(DataPlaneTest, AnyChangeOfRowsOrAnswersIsCaughtByVerification) {
  const int step = kUnderSanitizer ? 173 : 41;
  for (uint64_t byte = 0; byte < 8 * 192 * 4; byte += 8 * step) {
    const auto got = RunMeddledWith(Flips(MeddlingProxy::kToServer, kSealedRequest + byte, 5));
    EXPECT_EQ(got.status().code(), Code::kAborted) << byte << ": " << got.status();
    EXPECT_THAT(std::string(got.status().message()), HasSubstr("verif")) << byte;
  }
  for (uint64_t byte = 0; byte < 8 * 192 * 4; byte += 8 * step) {
    const auto got = RunMeddledWith(Flips(MeddlingProxy::kToClient, kSealedAnswer + byte, 5));
    EXPECT_EQ(got.status().code(), Code::kAborted) << byte << ": " << got.status();
  }
}

TEST_F(DataPlaneTest, AConnectionThatIsCutIsUnavailable) {
  for (const Direction cut : {MeddlingProxy::kToServer, MeddlingProxy::kToClient}) {
    for (const uint64_t after : {uint64_t{kHailBytes}, uint64_t{kHailBytes} + 2000}) {
      const auto begin = std::chrono::steady_clock::now();
      const auto got = RunMeddledWith([=](Direction direction, uint64_t at, Bytes& bytes) {
        return direction != cut || at + bytes.size() <= after;
      });
      EXPECT_EQ(got.status().code(), Code::kUnavailable) << cut << after << got.status();
      EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    }
  }
}

// Segments that are lost, doubled, or come in another order: none of it can happen on a connection
// that nobody meddles with.
TEST_F(DataPlaneTest, LostDoubledAndReorderedSegmentsNeverGiveAnAnswer) {
  for (const Direction where : {MeddlingProxy::kToServer, MeddlingProxy::kToClient}) {
    for (const int what : {0, 1, 2}) {
      const auto got = RunMeddledWith([=](Direction direction, uint64_t at, Bytes& bytes) {
        if (direction != where || at < kHailBytes + 4000 || bytes.size() < 1024) return true;
        if (what == 0) bytes.erase(bytes.begin(), bytes.begin() + 256);
        if (what == 1) bytes.insert(bytes.begin(), bytes.begin(), bytes.begin() + 256);
        if (what == 2) std::swap_ranges(bytes.begin(), bytes.begin() + 256, bytes.end() - 256);
        return true;
      });
      const Code code = got.status().code();
      // A server that waits for what was left out, and a client that waits for the server: late.
      EXPECT_TRUE(code == Code::kAborted || code == Code::kInvalidArgument ||
                  code == Code::kDeadlineExceeded)
          << where << what << got.status();
    }
  }
}

TEST_F(DataPlaneTest, AConnectionThatGoesSilentIsLate) {
  const MeddlingProxy proxy(port(), [](Direction direction, uint64_t at, Bytes& bytes) {
    if (direction == MeddlingProxy::kToClient && at > 0) bytes.clear();
    return true;
  });
  SplitSetup setup = SetupFor(proxy, DataPlane::kTcp);
  setup.exchange_timeout = std::chrono::seconds(1);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Run(setup).status().code(), Code::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

// As behind a balancer that sends it to another server, or a firewall that knows gRPC alone.
TEST_F(DataPlaneTest, WithoutADataConnectionAutoUsesTheStream) {
  std::atomic<int> ended{0};
  const MeddlingProxy proxy(port(), [&](Direction, uint64_t, Bytes&) {
    ++ended;
    return false;
  });
  SplitSetup setup = SetupFor(proxy, DataPlane::kAuto);
  setup.shm_directory = "/nowhere";
  DataPlane used{};
  const auto got = Run(setup, &used);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_TRUE(SameBits(*got, want_));
  EXPECT_EQ(used, DataPlane::kGrpc);
  EXPECT_EQ(ended, 1);
  setup.data_plane = DataPlane::kTcp;
  const absl::Status status = Run(setup).status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("the data connection"));
}

TEST_F(DataPlaneTest, HalfAnAnswerToTheHailIsNone) {
  const MeddlingProxy proxy(port(), [&](Direction direction, uint64_t, Bytes& bytes) {
    if (direction == MeddlingProxy::kToClient) bytes.resize(32);  // The rest of it is zeros.
    return true;
  });
  SplitSetup setup = SetupFor(proxy, DataPlane::kAuto);
  setup.shm_directory = "/nowhere";
  DataPlane used{};
  const auto got = Run(setup, &used);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(used, DataPlane::kGrpc);
}

// Floats have no mask and no check: they stay where TLS is.
TEST_F(DataPlaneTest, NumbersInTheClearDoNotLeaveTls) {
  const MeddlingProxy proxy(port());
  for (const DataPlane plane : {DataPlane::kAuto, DataPlane::kTcp, DataPlane::kShm}) {
    SessionOptions options = server_.ClientOptions(NumberFormat::kF32);
    options.tls = TlsOptions{.pinned_key_sha256 = ValueOrDie(KeyFingerprint(own_.certificate))};
    options.data_plane = plane;
    const auto session = Session::Open(proxy.endpoint(), options);
    if (plane == DataPlane::kAuto) {
      ASSERT_TRUE(session.ok()) << session.status();
      EXPECT_EQ((*session)->server().data_plane, DataPlane::kGrpc);
    } else {
      EXPECT_EQ(session.status().code(), Code::kFailedPrecondition);
    }
  }
  EXPECT_EQ(proxy.data_connections(), 0);
}

}  // namespace
}  // namespace sotto
