#include "model/model_spec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "model/config_presets.h"

namespace sotto {
namespace {

TEST(RopeTest, UnscaledAndLinear) {
  RopeSpec rope{.theta = 10000, .scaling = {}};
  const std::vector<double> plain = RopeInverseFrequencies(rope, 8);
  ASSERT_EQ(plain.size(), 4u);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(plain[i], std::pow(10.0, -double(i)), 1e-15);
  rope.scaling = {RopeScalingType::kLinear, 2.0};
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(RopeInverseFrequencies(rope, 8)[i], plain[i] / 2);
}

// Values of transformers' `_compute_llama3_parameters` for Llama 3.2 1B's rope parameters, worked
// out from its three cases: kept, blended, stretched.
TEST(RopeTest, Llama3) {
  const ModelSpec config = *ConfigLike("llama-3.2-1b");
  const std::vector<double> scaled = RopeInverseFrequencies(config.heads().rope, 64);
  ASSERT_EQ(scaled.size(), 32u);
  const auto plain = [](int i) { return std::pow(500000.0, -i / 32.0); };
  EXPECT_DOUBLE_EQ(scaled[0], 1.0);                // Wavelength 6.3, below 8192 / 4.
  EXPECT_DOUBLE_EQ(scaled[14], plain(14));         // 1955.
  EXPECT_DOUBLE_EQ(scaled[31], plain(31) / 32);    // 2.1 million, above 8192.
  const double wavelength = 2 * M_PI / plain(16);  // 4443: between.
  const double smooth = (8192 / wavelength - 1.0) / (4.0 - 1.0);
  EXPECT_NEAR(scaled[16], ((1 - smooth) / 32 + smooth) * plain(16), 1e-15);
  EXPECT_LT(scaled[16], plain(16));
  EXPECT_GT(scaled[16], plain(16) / 32);
}

}  // namespace
}  // namespace sotto
