#include "accelerator/executor.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "accelerator/devices/device_registry.h"
#include "testing/forwarding_device.h"
#include "testing/seed_expanding_device.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

class CountingDevice final : public ForwardingDevice {
 public:
  CountingDevice(std::unique_ptr<Device> inner, int& products)
      : ForwardingDevice(std::move(inner)), products_(products) {}

  absl::Status MultiplyFloat(const DeviceWeights& weights, ConstMatrixView<float> x,
                             MatrixView<float> y) override {
    ++products_;
    return ForwardingDevice::MultiplyFloat(weights, x, y);
  }

 private:
  int& products_;
};

// A batch of ten products of 1 x 1 x 1; the client leaves after `stays` of them.
class ExecutorTest : public ::testing::Test {
 protected:
  absl::Status RunBatch(int stays) {
    const std::vector<std::string> devices = {"cpu"};
    auto device = OpenDevices(devices, {.threads = 1});
    EXPECT_TRUE(device.ok());
    auto model = ServedModel::Open(ShippedModelDir(),
                                   std::make_unique<CountingDevice>(*std::move(device), products_));
    EXPECT_TRUE(model.ok());
    constexpr uint32_t kBatch = 10;
    const RequestHeader request{.operation = Operation::kMatMul,
                                .format = NumberFormat::kF32,
                                .rows = kBatch,
                                .mat_mul = {.batch = kBatch, .m = 1, .n = 1, .k = 1},
                                .payload_bytes = 2 * kBatch * sizeof(float)};
    const auto sizes = CheckRequest(request, (*model)->shape(), 1 << 20);
    EXPECT_TRUE(sizes.ok());
    return Executor(**model, DeviceFormat::kF32)
        .Run(request, *sizes,
             {reinterpret_cast<uint8_t*>(payload_.data()), payload_.size() * sizeof(float)},
             {reinterpret_cast<uint8_t*>(answer_.data()), answer_.size() * sizeof(float)},
             [&] { return products_ >= stays; });
  }

  int products_ = 0;
  std::vector<float> payload_ = std::vector<float>(20, 3.0f), answer_ = std::vector<float>(10);
};

TEST_F(ExecutorTest, MultipliesABatch) {
  EXPECT_TRUE(RunBatch(100).ok());
  EXPECT_EQ(products_, 10);
  EXPECT_EQ(answer_, std::vector<float>(10, 9.0f));
}

TEST_F(ExecutorTest, StopsWithinABatchWhenTheClientIsGone) {
  EXPECT_EQ(RunBatch(3).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(products_, 3);
}

// The first layer's product of the rows that a seed stands for; of a relay's source, masked.
std::vector<uint32_t> ProductOfSeed(Operation operation, std::unique_ptr<Device> device) {
  auto model = ServedModel::Open(ShippedModelDir(), std::move(device));
  EXPECT_TRUE(model.ok());
  RequestHeader request{.operation = operation, .format = NumberFormat::kRing32, .rows = 3};
  request.seed.emplace();
  request.seed->fill(7);
  if (operation == Operation::kRelaySource) {
    request.mask_seed.fill(8);
    request.relay_number = 1;
  }
  const auto sizes = CheckRequest(request, (*model)->shape(), 1 << 20);
  EXPECT_TRUE(sizes.ok()) << sizes.status();
  const uint64_t bytes = sizes->answer_bytes + sizes->relayed_bytes;
  std::vector<uint32_t> answer(bytes / sizeof(uint32_t));
  const absl::Status status =
      Executor(**model, DeviceFormat::kRing)
          .Run(request, *sizes, {}, {reinterpret_cast<uint8_t*>(answer.data()), bytes},
               [] { return false; });
  EXPECT_TRUE(status.ok()) << status;
  return answer;
}

TEST(ExecutorSeeds, GoToADeviceThatExpandsThemAndAreRowsToOthers) {
  std::vector<std::vector<uint32_t>> products;
  for (const Operation operation : {Operation::kLinear, Operation::kRelaySource}) {
    SeedDeviceCounts counts;
    products.push_back(ProductOfSeed(operation, std::make_unique<SeedExpandingDevice>(counts)));
    EXPECT_EQ(counts.seeds, 1);
    EXPECT_EQ(counts.rings, 0);
    EXPECT_EQ(ProductOfSeed(operation, MakeCpuDevice({.threads = 1})), products.back());
  }
  EXPECT_NE(products[0], products[1]);
  // The mask is what they differ by.
  Seed mask_seed;
  mask_seed.fill(8);
  std::vector<uint32_t> mask(products[0].size());
  ExpandSeed(mask_seed, 0, mask);
  for (size_t i = 0; i < mask.size(); ++i) ASSERT_EQ(products[1][i] - products[0][i], mask[i]);
}

}  // namespace
}  // namespace sotto
