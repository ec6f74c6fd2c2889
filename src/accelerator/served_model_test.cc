#include "accelerator/served_model.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "accelerator/devices/cpu_device.h"
#include "testing/forwarding_device.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

class LoadCountingDevice final : public ForwardingDevice {
 public:
  explicit LoadCountingDevice(std::atomic<int>& loads)
      : ForwardingDevice(MakeCpuDevice({.threads = 1})), loads_(loads) {}
  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) override {
    ++loads_;
    return ForwardingDevice::LoadRing(w);
  }

 private:
  std::atomic<int>& loads_;
};

TEST(ServedModel, ALayerIsInTheDeviceOnceHoweverManySessionsAsk) {
  std::atomic<int> loads = 0;
  auto model = ServedModel::Open(ShippedModelDir(), std::make_unique<LoadCountingDevice>(loads));
  ASSERT_TRUE(model.ok()) << model.status();
  const size_t layers = (*model)->layers().size();
  std::vector<std::thread> sessions;
  std::vector<std::vector<const DeviceWeights*>> seen(4);
  for (auto& weights : seen) {
    sessions.emplace_back([&] {
      for (size_t i = 0; i < layers; ++i) {
        const auto loaded = (*model)->Weights(i, DeviceFormat::kRing);
        ASSERT_TRUE(loaded.ok());
        weights.push_back(*loaded);
      }
    });
  }
  for (std::thread& session : sessions) session.join();
  EXPECT_EQ(loads, static_cast<int>(layers));
  for (const auto& weights : seen) EXPECT_EQ(weights, seen[0]);
}

}  // namespace
}  // namespace sotto
