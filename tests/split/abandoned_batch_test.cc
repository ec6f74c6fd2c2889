// A client that leaves within a batch of products does not hold the device to the batch's end.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "accelerator/devices/device_registry.h"
#include "base/log.h"
#include "testing/forwarding_device.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

// Counts its products, each of which takes a while.
class SlowCountingDevice final : public ForwardingDevice {
 public:
  SlowCountingDevice(std::unique_ptr<Device> inner, std::atomic<uint32_t>& products)
      : ForwardingDevice(std::move(inner)), products_(products) {}

  absl::Status MultiplyFloat(const DeviceWeights& weights, ConstMatrixView<float> x,
                             MatrixView<float> y) override {
    ++products_;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return ForwardingDevice::MultiplyFloat(weights, x, y);
  }

 private:
  std::atomic<uint32_t>& products_;
};

class AbandonedBatchTest : public ::testing::TestWithParam<DataPlane> {};

TEST_P(AbandonedBatchTest, EndsBeforeItsLastProduct) {
  SetLogLevel(LogLevel::kError);
  std::atomic<uint32_t> products{0};
  const std::vector<std::string> devices = {"cpu"};
  const HonestServer server =
      HonestServer::StartWith(std::make_unique<SlowCountingDevice>(
                                  ValueOrDie(OpenDevices(devices, {.threads = 1})), products),
                              ShippedModelDir(), [](ServerOptions&) {});
  SessionOptions options = server.ClientOptions(NumberFormat::kF32);
  options.data_plane = GetParam();
  auto session = ValueOrDie(Session::Open(server.endpoint(), options));
  const Matrix<float> side(kMaxProducts, 1);
  Matrix<float> answer(kMaxProducts, 1);
  PendingExchange pending =
      ValueOrDie(session->SubmitMatMul(kMaxProducts, UnprotectedRows::F32(side.view()),
                                       UnprotectedRows::F32(side.view()), answer.view()));
  while (products == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  session->Fail(absl::CancelledError("the client leaves"));
  EXPECT_FALSE(pending->Wait().ok());
  session.reset();
  server.server->Drain(std::chrono::minutes(1));  // Until the session is over.
  EXPECT_LT(products, kMaxProducts);
}

INSTANTIATE_TEST_SUITE_P(DataPlanes, AbandonedBatchTest,
                         ::testing::Values(DataPlane::kGrpc, DataPlane::kShm, DataPlane::kTcp));

}  // namespace
}  // namespace sotto
