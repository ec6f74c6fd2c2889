#include "kernels/int8_scale.h"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <random>
#include <vector>

namespace sotto {
namespace {

TEST(Int8ScaleTest, EqualsTheDoubleReference) {
  std::mt19937 rng(1);
  for (size_t n : {1, 15, 16, 17, 100}) {
    std::vector<int32_t> acc(n), sums(n);
    std::vector<float> scales(n), bias(n), before(n);
    for (size_t j = 0; j < n; ++j) {
      acc[j] = static_cast<int32_t>(rng() % 200000000) - 100000000;
      sums[j] = static_cast<int32_t>(rng() % 200000) - 100000;
      scales[j] = static_cast<float>(rng() % 1000) * 1e-5f;
      bias[j] = static_cast<float>(rng() % 1000) - 500;
      before[j] = static_cast<float>(rng() % 1000) - 500;
    }
    const float t = 0.01f;
    for (const float* bias_or_null : std::initializer_list<const float*>{nullptr, bias.data()}) {
      std::vector<float> y(n), added = before;
      ScaleInt8Row(acc.data(), sums.data(), n, t, scales.data(), bias_or_null, y.data());
      ScaleAddInt8Row(acc.data(), sums.data(), n, t, scales.data(), bias_or_null, added.data());
      for (size_t j = 0; j < n; ++j) {
        const double product = double{t} * scales[j] * (acc[j] - 128.0 * sums[j]);
        const double want = product + (bias_or_null == nullptr ? 0.0 : bias[j]);
        // Five roundings of 2^-24, of values no larger than these.
        const double tolerance = 5 * 0x1p-24 * (std::abs(product) + 1000);
        EXPECT_NEAR(y[j], want, tolerance);
        EXPECT_NEAR(added[j], before[j] + want, tolerance);
      }
    }
  }
}

}  // namespace
}  // namespace sotto
