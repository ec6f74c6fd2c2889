// Shares whose products meet at one of two real servers.
#include <atomic>
#include <thread>

#include "accelerator/devices/device_registry.h"
#include "base/log.h"
#include "enclave/linear/split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/forwarding_device.h"
#include "testing/test_certificate.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "tests/split/whole_pass.h"
#include "wire/peer_certificate.h"

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
  static HonestServer StartSpoiling(int when, SpoilingDevice::Spoil spoil) {
    return HonestServer::StartWith(std::make_unique<SpoilingDevice>(when, std::move(spoil)),
                                   ShippedModelDir(), [](ServerOptions&) {});
  }
  static SplitOptions Options(const HonestServer& source, const HonestServer& sink) {
    SplitOptions options;
    options.protection = Protection::kShares;
    options.endpoints = {source.endpoint(), sink.endpoint()};
    options.insecure_channels = true;
    options.data_plane = DataPlane::kGrpc;
    options.exchange_rows = 24;
    options.relay = RelayUse::kRequired;
    return options;
  }
  absl::StatusOr<SplitLinear> Connect(const SplitOptions& options) {
    SOTTO_ASSIGN_OR_RETURN(runtime_, SplitRuntime::Prepare(checkpoint_, options, pool_));
    return runtime_->Connect();
  }
  absl::Status RunPass(const SplitOptions& options) {
    SOTTO_ASSIGN_OR_RETURN(SplitLinear split, Connect(options));
    return WholePass().Run(checkpoint_, std::move(split.linear)).status();
  }
  // Whether a pass equals the local one to the bit; what crossed goes to `received_`.
  bool EqualsLocal(const SplitOptions& options, bool relayed, int lanes = 1) {
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
  const HonestServer source = Start(), sink = Start();
  SplitOptions options = Options(source, sink);
  EXPECT_TRUE(EqualsLocal(options, true));
  const double relayed = static_cast<double>(received_);
  options.relay = RelayUse::kNever;
  EXPECT_TRUE(EqualsLocal(options, false));
  EXPECT_NEAR(relayed / static_cast<double>(received_), 0.5, 0.02);
}

TEST_F(RelayTest, EqualsLocalInSharedMemoryAndWithSeveralLanes) {
  const HonestServer source = Start(), sink = Start();
  SplitOptions options = Options(source, sink);
  options.data_plane = DataPlane::kShm;
  EXPECT_TRUE(EqualsLocal(options, true, /*lanes=*/2));
}

TEST_F(RelayTest, EqualsLocalWhereTheInboxIsSmall) {
  const auto small = [](ServerOptions& o) {
    o.service.limits.max_sessions = 1;
    o.service.limits.max_inflight_bytes = 1 << 20;  // An inbox of a fifth.
  };
  const HonestServer source = Start(small), sink = Start(small);
  EXPECT_TRUE(EqualsLocal(Options(source, sink), true, /*lanes=*/2));
}

// Both servers ask for certificates, and the sink gets the source's.
TEST_F(RelayTest, MutualTlsToPinnedKeys) {
  const TestCertificate a = TestCertificate::Make(), b = TestCertificate::Make(),
                        client = TestCertificate::Make();
  const auto tls = [&](const TestCertificate& own) {
    return Start([&](ServerOptions& o) {
      o.tls = ServerTls{own.certificate, own.key, client.certificate + a.certificate};
      o.service.relay.identity.certificate_chain = own.certificate;
      o.service.relay.identity.private_key = own.key;
    });
  };
  const HonestServer source = tls(a), sink = tls(b);
  SplitOptions options = Options(source, sink);
  options.insecure_channels = false;
  options.data_plane = DataPlane::kAuto;
  options.tls = TlsOptions{.certificate_chain = client.certificate, .private_key = client.key};
  options.pinned_keys = {ValueOrDie(KeyFingerprint(a.certificate)),
                         ValueOrDie(KeyFingerprint(b.certificate))};
  EXPECT_TRUE(EqualsLocal(options, true));
  // Whoever else stands where the sink should be has another key.
  const HonestServer other = tls(client);
  options.relay_peer = other.endpoint();
  options.relay = RelayUse::kWherePossible;
  EXPECT_TRUE(EqualsLocal(options, false));
}

TEST_F(RelayTest, ServersThatDoNotReachEachOtherShareWithoutARelay) {
  const HonestServer source = Start(), sink = Start(), third = Start();
  SplitOptions options = Options(source, sink);
  // Nobody there; somebody without the ticket.
  for (const std::string& peer : {std::string("localhost:1"), third.endpoint()}) {
    options.relay_peer = peer;
    options.relay = RelayUse::kRequired;
    const absl::Status refused = Connect(options).status();
    EXPECT_EQ(refused.code(), Code::kFailedPrecondition) << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr(peer));
    options.relay = RelayUse::kWherePossible;
    EXPECT_TRUE(EqualsLocal(options, false));
  }
}

TEST_F(RelayTest, ServersMayRefuseOrNameWhomTheyRelayTo) {
  const HonestServer plain = Start();
  const HonestServer none = Start([](ServerOptions& o) { o.service.relay.enabled = false; });
  const HonestServer picky =
      Start([](ServerOptions& o) { o.service.relay.targets = {"elsewhere:1"}; });
  for (const auto& [source, sink] : {std::pair{&none, &plain}, {&plain, &none}, {&picky, &plain}}) {
    EXPECT_EQ(Connect(Options(*source, *sink)).status().code(), Code::kFailedPrecondition);
  }
  EXPECT_TRUE(Connect(Options(plain, picky)).ok());
}

TEST_F(RelayTest, OnlySharesOfTwoRelay) {
  SplitOptions options = Options(Start(), Start());
  options.endpoints.push_back("localhost:1");
  EXPECT_EQ(Connect(options).status().code(), Code::kInvalidArgument);
  options.endpoints.resize(1);
  options.protection = Protection::kPads;
  EXPECT_EQ(Connect(options).status().code(), Code::kInvalidArgument);
}

TEST_F(RelayTest, ALyingSourceOrSinkIsCaught) {
  const HonestServer honest = Start();
  const auto lie = [](MatrixView<uint32_t> y) { y(0, 3) ^= 1u << 31; };
  for (const int when : {0, 7, 50}) {
    for (const bool source : {true, false}) {
      const HonestServer liar = StartSpoiling(when, lie);
      const absl::Status status = RunPass(source ? Options(liar, honest) : Options(honest, liar));
      EXPECT_EQ(status.code(), Code::kAborted) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr("failed verification"));
    }
  }
}

TEST_F(RelayTest, ADeadSourceOrSinkEndsTheRunAtOnce) {
  const HonestServer honest = Start();
  for (const bool source : {true, false}) {
    HonestServer* dying = nullptr;
    std::thread killer;
    HonestServer server = StartSpoiling(20, [&](MatrixView<uint32_t>) {
      killer = std::thread([&] { dying->server->Drain(std::chrono::milliseconds(0)); });
    });
    dying = &server;
    const absl::Status status = RunPass(source ? Options(server, honest) : Options(honest, server));
    EXPECT_EQ(status.code(), Code::kUnavailable) << status;
    killer.join();
  }
}

TEST_F(RelayTest, AHangingSourceOrSinkMeetsTheDeadline) {
  const HonestServer honest = Start();
  for (const bool source : {true, false}) {
    const HonestServer slow = StartSpoiling(20, [](MatrixView<uint32_t>) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    });
    SplitOptions options = source ? Options(slow, honest) : Options(honest, slow);
    options.exchange_timeout = std::chrono::milliseconds(300);
    EXPECT_EQ(RunPass(options).code(), Code::kDeadlineExceeded);
  }
}

}  // namespace
}  // namespace sotto
