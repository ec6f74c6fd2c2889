#include "kernels/fixed_point.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "testing/random_row.h"

namespace sotto {
namespace {

const size_t kLengths[] = {1, 2, 15, 16, 17, 31, 64, 100, 2048};

std::vector<int32_t> RandomIntegers(size_t n, int32_t limit, uint32_t seed) {
  std::mt19937 rng(seed);
  std::uniform_int_distribution<int32_t> uniform(-limit, limit);
  std::vector<int32_t> v(n);
  for (int32_t& i : v) i = uniform(rng);
  return v;
}

TEST(FixedPointTest, QuantisedRowIsTheRoundedQuotient) {
  for (size_t n : kLengths) {
    const std::vector<float> x = RandomRow(n, 3.0f, n);
    for (int32_t limit : {1, 127, 11302, 32767}) {
      std::vector<int32_t> xq(n);
      const float t = QuantizeFixedRow(x.data(), n, limit, xq.data());
      double max = 0;
      for (float v : x) max = std::max(max, std::abs(double{v}));
      EXPECT_NEAR(t, max / limit, max / limit * 0x1p-23);
      for (size_t i = 0; i < n; ++i) {
        EXPECT_LE(std::abs(xq[i]), limit);
        // Half a step, and the two roundings of x * (A / max): 2^-23 of at most A.
        EXPECT_NEAR(xq[i], x[i] / max * limit, 0.5 + limit * 0x1p-23);
      }
    }
  }
}

TEST(FixedPointTest, RoundsHalfToEven) {
  const float x[] = {8.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f};
  int32_t xq[7];
  EXPECT_EQ(QuantizeFixedRow(x, 7, 8, xq), 1.0f);
  EXPECT_EQ(std::vector<int32_t>(xq, xq + 7), (std::vector<int32_t>{8, 0, 2, 2, 0, -2, -2}));
}

TEST(FixedPointTest, ZeroAndTinyRowsAreZero) {
  for (float value : {0.0f, 0x1p-149f, -0x1p-110f}) {
    std::vector<float> x(19, value);
    std::vector<int32_t> xq(19, 7);
    EXPECT_EQ(QuantizeFixedRow(x.data(), 19, 32767, xq.data()), 0.0f);
    EXPECT_EQ(xq, std::vector<int32_t>(19, 0));
  }
}

TEST(FixedPointTest, NonFiniteRowsStayWithinLimitsAndGiveNan) {
  for (float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                    std::numeric_limits<float>::quiet_NaN()}) {
    std::vector<float> x = RandomRow(40, 1.0f, 1);
    x[33] = bad;
    std::vector<int32_t> xq(40);
    EXPECT_TRUE(std::isnan(QuantizeFixedRow(x.data(), 40, 100, xq.data())));
    for (int32_t q : xq) EXPECT_LE(std::abs(q), 100);
  }
}

TEST(FixedPointTest, PlanesMultiplyToTheExactProduct) {
  const size_t n = 333;
  const std::vector<int32_t> x = RandomIntegers(n, 32767, 2), w = RandomIntegers(n, 127, 3);
  std::vector<uint8_t> high(n), low(n);
  SplitFixedRow(x.data(), n, high.data(), low.data());
  int64_t exact = 0;
  int32_t high_product = 0, low_product = 0, weight_sum = 0;
  for (size_t i = 0; i < n; ++i) {
    EXPECT_EQ(x[i], 256 * (high[i] - 128) + low[i]);
    exact += int64_t{x[i]} * w[i];
    high_product += high[i] * w[i];
    low_product += low[i] * w[i];
    weight_sum += w[i];
  }
  int32_t acc = 0;
  CombineFixedPlanes(&high_product, &low_product, &weight_sum, 1, &acc);
  EXPECT_EQ(acc, exact);
}

}  // namespace
}  // namespace sotto
