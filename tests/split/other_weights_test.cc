// A server that claims the model's digest and multiplies other weights: no digest that it sends
// proves anything, verification does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "accelerator/devices/device_registry.h"
#include "testing/forwarding_device.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "tests/split/whole_pass.h"
#include "trusted/split/split.h"

namespace sotto {
namespace {

using testing::HasSubstr;

// Every weight that is given to it has its first column changed by one.
class OtherWeights final : public ForwardingDevice {
 public:
  using ForwardingDevice::ForwardingDevice;

  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) override {
    Matrix<int16_t> other(w.rows(), w.cols());
    for (size_t i = 0; i < w.rows(); ++i) std::copy_n(w.row(i), w.cols(), other.view().row(i));
    for (size_t i = 0; i < w.rows(); ++i) {
      int16_t& weight = other.view()(i, 0);
      weight = static_cast<int16_t>(weight > 0 ? weight - 1 : weight + 1);
    }
    return ForwardingDevice::LoadRing(other.view());
  }
};

// Such a server, or an honest one; a relay from it may go to `targets`.
HonestServer Start(bool other_weights, const std::vector<std::string>& targets = {}) {
  const std::vector<std::string> devices = {"cpu"};
  std::unique_ptr<Device> device =
      ValueOrDie(OpenDevices(devices, {.threads = 1, .precision = FloatPrecision::kF32}));
  if (other_weights) device = std::make_unique<OtherWeights>(std::move(device));
  return HonestServer::StartWith(std::move(device), ShippedModelDir(), [&](ServerOptions& options) {
    options.service.relay.policy.targets = targets;
  });
}

class OtherWeightsTest : public testing::TestWithParam<RelayUse> {
 protected:
  absl::Status Run(Protection protection, const std::vector<const HonestServer*>& servers) {
    SplitSetup options;
    options.protection = protection;
    options.insecure_channels = true;
    if (protection == Protection::kShares) options.relay = GetParam();
    options.data_plane = DataPlane::kGrpc;
    options.plain_format = NumberFormat::kRing32;
    options.weights_sha256 = servers[0]->weights_sha256;
    options.pads.rows = 24;
    options.pads.store.memory_bytes = size_t{16} << 20;
    for (const HonestServer* server : servers) options.endpoints.push_back(server->endpoint());
    const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
    const auto runtime = ValueOrDie(SplitRuntime::Prepare(checkpoint, options, pool_));
    SplitLinear split = ValueOrDie(runtime->Connect());
    if (split.await_stock) SOTTO_CHECK(split.await_stock().ok());
    return WholePass().Run(checkpoint, std::move(split.linear)).status();
  }
  static void ExpectCaught(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("failed verification"));
  }

  ThreadPool pool_{2};
};

TEST_P(OtherWeightsTest, AreCaughtUnderAClaimOfTheRightDigest) {
  const HonestServer honest = Start(false), other = Start(true);
  ASSERT_EQ(other.weights_sha256, honest.weights_sha256);
  EXPECT_TRUE(Run(Protection::kPads, {&honest}).ok());
  ExpectCaught(Run(Protection::kPads, {&other}));
  ExpectCaught(Run(Protection::kPlain, {&other}));
  const HonestServer before_honest = Start(true, {honest.endpoint()});
  ExpectCaught(Run(Protection::kShares, {&before_honest, &honest}));
  const HonestServer before_other = Start(false, {other.endpoint()});
  ExpectCaught(Run(Protection::kShares, {&before_other, &other}));
  const HonestServer before_both = Start(false, {honest.endpoint()});
  EXPECT_TRUE(Run(Protection::kShares, {&before_both, &honest}).ok());
}

INSTANTIATE_TEST_SUITE_P(Relays, OtherWeightsTest,
                         testing::Values(RelayUse::kRequired, RelayUse::kNever),
                         [](const auto& info) {
                           return info.param == RelayUse::kNever ? "apart" : "relayed";
                         });

}  // namespace
}  // namespace sotto
