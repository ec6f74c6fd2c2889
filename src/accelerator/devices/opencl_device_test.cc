// What tuning and the device's extensions choose among: each choice, forced, gives the right
// answer.
#include "accelerator/devices/opencl_device.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "accelerator/devices/opencl_tiling.h"
#include "kernels/tiled_product.h"

namespace sotto {
namespace {

// Beyond one tile in each dimension, and a multiple of none.
constexpr size_t kTokens = 131, kInputs = 143, kOutputs = 75;

class OpenClDeviceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (OpenClDeviceCount() == 0) GTEST_SKIP() << "no OpenCL device: install pocl-opencl-icd";
  }
  std::mt19937 random_{7};
};

// Weights of at most `largest`.
void ExpectRingProduct(const OpenClDeviceOptions& options, int largest, std::mt19937& random) {
  const auto device = MakeOpenClDevice(0, options);
  ASSERT_TRUE(device.ok()) << device.status();
  Matrix<int16_t> w(kOutputs, kInputs);
  Matrix<uint32_t> x(kTokens, kInputs), y(kTokens, kOutputs), truth(kTokens, kOutputs);
  std::uniform_int_distribution<int> weight(-largest, largest);
  for (size_t i = 0; i < w.view().size(); ++i) {
    w.view().data()[i] = static_cast<int16_t>(weight(random));
  }
  for (size_t i = 0; i < x.view().size(); ++i) x.view().data()[i] = static_cast<uint32_t>(random());
  MultiplyRingPortable(x.view(), w.view(), truth.view());
  const auto weights = (*device)->LoadRing(w.view());
  ASSERT_TRUE(weights.ok()) << weights.status();
  ASSERT_TRUE((*device)->MultiplyRing(**weights, x.view(), y.view()).ok());
  for (size_t i = 0; i < y.view().size(); ++i) {
    ASSERT_EQ(y.view().data()[i], truth.view().data()[i]) << i;
  }
}

TEST_F(OpenClDeviceTest, EveryTilingAndBothRingKernelsAreExact) {
  for (size_t tiling = 0; tiling < std::size(kOpenClTilings); ++tiling) {
    for (const bool planes : {false, true}) {
      SCOPED_TRACE(testing::Message() << "tiling " << tiling << (planes ? ", planes" : ""));
      OpenClDeviceOptions options;
      options.tiling = tiling;
      options.ring_planes = planes;
      ExpectRingProduct(options, 127, random_);
      ExpectRingProduct(options, kMaxRingWeight, random_);
    }
  }
}

// Weights of up to 11 bits are exact in f16; the sums of small integers are exact in f32.
TEST_F(OpenClDeviceTest, HalfWeightsAreRoundedOnceAndMultipliedInFloat) {
  OpenClDeviceOptions options;
  options.half_weights = true;
  options.tiling = 1;
  const auto device = MakeOpenClDevice(0, options);
  ASSERT_TRUE(device.ok()) << device.status();
  EXPECT_EQ((*device)->precision(FloatPrecision::kFastest), "f16");
  Matrix<float> w(3, 5), x(2, 5), y(2, 3);
  for (size_t i = 0; i < 15; ++i) w.view().data()[i] = static_cast<float>(i) * 127.0f - 800.0f;
  for (size_t i = 0; i < 10; ++i) x.view().data()[i] = static_cast<float>(i) - 4.0f;
  w.view()(2, 4) = 2049.0f;  // Between two f16 numbers: to 2048, the even one.
  const auto weights = (*device)->LoadFloat(w.view(), FloatPrecision::kFastest);
  ASSERT_TRUE(weights.ok()) << weights.status();
  w.view()(2, 4) = 2048.0f;
  ASSERT_TRUE((*device)->MultiplyFloat(**weights, x.view(), y.view()).ok());
  for (size_t t = 0; t < 2; ++t) {
    for (size_t j = 0; j < 3; ++j) {
      float sum = 0.0f;
      for (size_t i = 0; i < 5; ++i) sum += x.view()(t, i) * w.view()(j, i);
      EXPECT_EQ(y.view()(t, j), sum);
    }
  }
}

TEST_F(OpenClDeviceTest, F32IsNeverRoundedFurther) {
  OpenClDeviceOptions options;
  options.precision = FloatPrecision::kF32;
  options.tiling = 0;
  const auto device = MakeOpenClDevice(0, options);
  ASSERT_TRUE(device.ok()) << device.status();
  EXPECT_EQ((*device)->precision(FloatPrecision::kFastest), "f32");
}

}  // namespace
}  // namespace sotto
