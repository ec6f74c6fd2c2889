// Shares whose products meet at one of two real servers.
#include <poll.h>

#include <atomic>
#include <functional>
#include <regex>
#include <set>
#include <thread>

#include "accelerator/devices/device_registry.h"
#include "accelerator/listen_sockets.h"
#include "base/log.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "protocol/peer_certificate.h"
#include "testing/forwarding_device.h"
#include "testing/test_certificate.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "tests/split/whole_pass.h"
#include "trusted/split/split.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;
using testing::HasSubstr;

// The cpu device, until product number `when`: that one it spoils.
class SpoilingDevice final : public ForwardingDevice {
 public:
  using Spoil = std::function<void(MatrixView<uint32_t> y)>;
  SpoilingDevice(int when, Spoil spoil)
      : ForwardingDevice(ValueOrDie(OpenDevices(
            std::vector<std::string>{"cpu"}, {.threads = 1, .precision = FloatPrecision::kF32}))),
        left_(when),
        spoil_(std::move(spoil)) {}

  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    SOTTO_RETURN_IF_ERROR(ForwardingDevice::MultiplyRing(weights, x, y));
    if (left_-- == 0) spoil_(y);
    return absl::OkStatus();
  }

 private:
  std::atomic<int> left_;
  const Spoil spoil_;
};

class RelayTest : public testing::Test {
 protected:
  RelayTest() { SetLogLevel(LogLevel::kError); }

  static HonestServer Start(const HonestServer::Adjust& adjust = [](ServerOptions&) {}) {
    return HonestServer::Start(ShippedModelDir(), adjust);
  }
  // A server that may relay to these.
  static HonestServer StartSource(const std::vector<std::string>& targets) {
    return Start([&](ServerOptions& o) { o.service.relay.policy.targets = targets; });
  }
  static HonestServer StartSpoiling(int when, SpoilingDevice::Spoil spoil,
                                    const std::vector<std::string>& targets) {
    return HonestServer::StartWith(
        std::make_unique<SpoilingDevice>(when, std::move(spoil)), ShippedModelDir(),
        [&](ServerOptions& o) { o.service.relay.policy.targets = targets; });
  }
  // A pass over an honest server and one that spoils product number `when`, which is the source or
  // the sink.
  absl::Status RunSpoilt(int when, bool source, const SpoilingDevice::Spoil& spoil,
                         const std::function<void(HonestServer&, SplitSetup&)>& prepare) {
    const HonestServer sink = Start();
    HonestServer spoiling = StartSpoiling(when, spoil, {sink.endpoint()});
    const HonestServer honest = source ? Start() : StartSource({spoiling.endpoint()});
    SplitSetup options = source ? Options(spoiling, sink) : Options(honest, spoiling);
    prepare(spoiling, options);
    return RunPass(options);
  }
  static SplitSetup Options(const HonestServer& source, const HonestServer& sink) {
    SplitSetup options;
    options.protection = Protection::kShares;
    options.endpoints = {source.endpoint(), sink.endpoint()};
    options.insecure_channels = true;
    options.data_plane = DataPlane::kGrpc;
    options.exchange_rows = 24;
    options.relay = RelayUse::kRequired;
    return options;
  }
  absl::StatusOr<SplitLinear> Connect(const SplitSetup& options) {
    SOTTO_ASSIGN_OR_RETURN(runtime_, SplitRuntime::Prepare(checkpoint_, options, pool_));
    return runtime_->Connect();
  }
  absl::Status RunPass(const SplitSetup& options) {
    SOTTO_ASSIGN_OR_RETURN(SplitLinear split, Connect(options));
    return WholePass().Run(checkpoint_, std::move(split.linear)).status();
  }
  // Whether a pass equals the local one to the bit; what crossed goes to `received_`.
  bool EqualsLocal(const SplitSetup& options, bool relayed, int lanes = 1) {
    SplitLinear split = ValueOrDie(Connect(options));
    EXPECT_EQ(split.relayed, relayed) << split.why_no_relay;
    EXPECT_EQ(split.why_no_relay.empty(), relayed || options.relay == RelayUse::kNever);
    const WholePass pass{.lanes = lanes};
    const auto got = ValueOrDie(pass.Run(checkpoint_, std::move(split.linear)));
    received_ = 0;
    for (const auto& session : split.sessions) received_ += session->stats().bytes_received;
    return SameBits(got, pass.RunLocally(checkpoint_));
  }

  const Checkpoint checkpoint_ = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  ThreadPool pool_{2};
  std::unique_ptr<SplitRuntime> runtime_;
  uint64_t received_ = 0;
};

TEST_F(RelayTest, EqualsLocalToTheBitAndHalvesWhatEntersTheEnclave) {
  const HonestServer sink = Start(), source = StartSource({sink.endpoint()});
  SplitSetup options = Options(source, sink);
  EXPECT_TRUE(EqualsLocal(options, true));
  const double relayed = static_cast<double>(received_);
  options.relay = RelayUse::kNever;
  EXPECT_TRUE(EqualsLocal(options, false));
  EXPECT_NEAR(relayed / static_cast<double>(received_), 0.5, 0.02);
}

TEST_F(RelayTest, EqualsLocalInSharedMemoryAndWithSeveralLanes) {
  const HonestServer sink = Start(), source = StartSource({sink.endpoint()});
  SplitSetup options = Options(source, sink);
  options.data_plane = DataPlane::kShm;
  EXPECT_TRUE(EqualsLocal(options, true, /*lanes=*/2));
}

TEST_F(RelayTest, ItsNormalEndIsLoggedAsOne) {
  const HonestServer sink = Start(), source = StartSource({sink.endpoint()});
  SetLogLevel(LogLevel::kInfo);
  testing::internal::CaptureStderr();
  EXPECT_TRUE(EqualsLocal(Options(source, sink), true));
  sink.server->Drain(std::chrono::minutes(1));
  const std::string log = testing::internal::GetCapturedStderr();
  SetLogLevel(LogLevel::kError);
  EXPECT_TRUE(std::regex_search(log, std::regex(R"("relay_closed".*"status":"OK")"))) << log;
}

TEST_F(RelayTest, EqualsLocalWhereTheInboxIsSmall) {
  std::vector<std::string> targets;
  const auto small = [&](ServerOptions& o) {
    o.service.relay.policy.targets = targets;
    o.service.limits.max_sessions = 1;
    o.service.limits.max_inflight_bytes = 1 << 20;  // An inbox of a fifth.
  };
  const HonestServer sink = Start(small);
  targets = {sink.endpoint()};
  const HonestServer source = Start(small);
  EXPECT_TRUE(EqualsLocal(Options(source, sink), true, /*lanes=*/2));
}

// Both servers ask for certificates, and the sink gets the source's.
TEST_F(RelayTest, MutualTlsToPinnedKeys) {
  const TestCertificate a = TestCertificate::Make(), b = TestCertificate::Make(),
                        client = TestCertificate::Make();
  std::vector<std::string> targets;
  const auto tls = [&](const TestCertificate& own) {
    return Start([&](ServerOptions& o) {
      o.service.relay.policy.targets = targets;
      o.tls = ServerTls{own.certificate, own.key, client.certificate + a.certificate};
      o.service.relay.identity.certificate_chain = own.certificate;
      o.service.relay.identity.private_key = own.key;
    });
  };
  const HonestServer sink = tls(b), other = tls(client);
  targets = {sink.endpoint(), other.endpoint()};
  const HonestServer source = tls(a);
  SplitSetup options = Options(source, sink);
  options.insecure_channels = false;
  options.data_plane = DataPlane::kAuto;
  options.tls = TlsOptions{.certificate_chain = client.certificate, .private_key = client.key};
  options.pinned_keys = {ValueOrDie(KeyFingerprint(a.certificate)),
                         ValueOrDie(KeyFingerprint(b.certificate))};
  EXPECT_TRUE(EqualsLocal(options, true));
  // Whoever else stands where the sink should be has another key.
  options.relay_peer = other.endpoint();
  options.relay = RelayUse::kWherePossible;
  EXPECT_TRUE(EqualsLocal(options, false));
}

TEST_F(RelayTest, ServersThatDoNotReachEachOtherShareWithoutARelay) {
  const std::string nobody = "localhost:1", nowhere = "no-such-host.invalid:1";
  const HonestServer sink = Start(), third = Start(),
                     source = StartSource({nobody, nowhere, third.endpoint()});
  SplitSetup options = Options(source, sink);
  // The third is somebody without the ticket.
  for (const std::string& peer : {nobody, nowhere, third.endpoint()}) {
    options.relay_peer = peer;
    options.relay = RelayUse::kRequired;
    const auto begin = std::chrono::steady_clock::now();
    const absl::Status refused = Connect(options).status();
    // As long as a dial may take, or the time would tell who listens where.
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3)) << peer;
    EXPECT_EQ(refused.code(), Code::kFailedPrecondition) << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr(peer));
    options.relay = RelayUse::kWherePossible;
    EXPECT_TRUE(EqualsLocal(options, false));
  }
}

// The address that was judged is dialled: gRPC, which would take "127.1" for a host's name,
// resolves nothing again.
TEST_F(RelayTest, TheAddressThatWasJudgedIsDialled) {
  const HonestServer sink = Start();
  const std::string peer = StrCat("127.1:", sink.endpoint().substr(sink.endpoint().rfind(':') + 1));
  const HonestServer source = StartSource({peer});
  SplitSetup options = Options(source, sink);
  options.relay_peer = peer;
  EXPECT_TRUE(EqualsLocal(options, true));
}

TEST_F(RelayTest, ServersMayRefuseOrNameWhomTheyRelayTo) {
  const HonestServer sink = Start();
  const HonestServer none = Start([](ServerOptions& o) { o.service.relay.enabled = false; });
  const HonestServer picky = StartSource({"elsewhere:1"});
  const HonestServer source = StartSource({sink.endpoint(), none.endpoint(), picky.endpoint()});
  for (const auto& [from, to] : {std::pair{&none, &sink}, {&source, &none}, {&picky, &sink}}) {
    EXPECT_EQ(Connect(Options(*from, *to)).status().code(), Code::kFailedPrecondition);
  }
  EXPECT_TRUE(Connect(Options(source, picky)).ok());
}

// A stranger's word makes no server dial, and neither does a verified client's for this host.
// Whatever the reason, the answer is the same, or servers would tell who listens where.
TEST_F(RelayTest, NobodyIsDialledWithoutTheOperatorsWord) {
  const auto trap = *ListenSockets::Open("--trap", "127.0.0.1:0");
  const std::string closed = "127.0.0.1:1";
  const HonestServer sink = Start(), open = Start(), picky = StartSource({closed});
  std::set<std::string> reasons;
  for (const HonestServer* source : {&open, &picky}) {
    for (const std::string& target :
         {trap->address(), closed, StrCat("localhost:", trap->port()),
          std::string("no-such-host.invalid:1"), std::string("unix-abstract:123")}) {
      SplitSetup options = Options(*source, sink);
      options.relay = RelayUse::kWherePossible;
      options.relay_peer = target;
      const SplitLinear split = ValueOrDie(Connect(options));
      EXPECT_FALSE(split.relayed);
      reasons.insert(split.why_no_relay.substr(split.why_no_relay.rfind(": ")));
    }
  }
  EXPECT_THAT(reasons, testing::SizeIs(1));
  pollfd polled{.fd = trap->fds().front().get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&polled, 1, /*timeout=*/0), 0) << "somebody has connected";
}

TEST_F(RelayTest, OnlySharesOfTwoRelay) {
  SplitSetup options = Options(Start(), Start());
  options.endpoints.push_back("localhost:1");
  EXPECT_EQ(Connect(options).status().code(), Code::kInvalidArgument);
  options.endpoints.resize(1);
  options.protection = Protection::kPads;
  EXPECT_EQ(Connect(options).status().code(), Code::kInvalidArgument);
}

TEST_F(RelayTest, ALyingSourceOrSinkIsCaught) {
  const auto lie = [](MatrixView<uint32_t> y) { y(0, 3) ^= 1u << 31; };
  for (const int when : {0, 7, 50}) {
    for (const bool source : {true, false}) {
      const absl::Status status = RunSpoilt(when, source, lie, [](HonestServer&, SplitSetup&) {});
      EXPECT_EQ(status.code(), Code::kAborted) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr("failed verification"));
    }
  }
}

TEST_F(RelayTest, ADeadSourceOrSinkEndsTheRunAtOnce) {
  for (const bool source : {true, false}) {
    HonestServer* dying = nullptr;
    std::thread killer;
    const absl::Status status = RunSpoilt(
        20, source,
        [&](MatrixView<uint32_t>) {
          killer = std::thread(
              [server = std::move(dying->server)] { server->Drain(std::chrono::milliseconds(0)); });
        },
        [&](HonestServer& server, SplitSetup&) { dying = &server; });
    EXPECT_EQ(status.code(), Code::kUnavailable) << status;
    killer.join();
  }
}

TEST_F(RelayTest, AHangingSourceOrSinkMeetsTheDeadline) {
  for (const bool source : {true, false}) {
    const absl::Status status = RunSpoilt(
        20, source,
        [](MatrixView<uint32_t>) { std::this_thread::sleep_for(std::chrono::milliseconds(1500)); },
        [](HonestServer&, SplitSetup& options) {
          options.exchange_timeout = std::chrono::milliseconds(300);
        });
    EXPECT_EQ(status.code(), Code::kDeadlineExceeded);
  }
}

}  // namespace
}  // namespace sotto
