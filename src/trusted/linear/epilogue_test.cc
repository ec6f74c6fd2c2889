#include "trusted/linear/epilogue.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace sotto {
namespace {

// No multiple of a vector; gate and up of half as many.
constexpr size_t kRowColumns = 74;
constexpr float kRowScale = 0.013f;

struct Products {
  Products() {
    std::mt19937 rng(1);
    std::uniform_int_distribution<int32_t> sum(-200'000, 200'000), weight_sum(-900, 900);
    std::uniform_real_distribution<float> scale(1e-4f, 1e-3f), small(-1.0f, 1.0f);
    for (size_t j = 0; j < kRowColumns; ++j) {
      sums.push_back(sum(rng));
      weight_sums.push_back(weight_sum(rng));
      scales.push_back(scale(rng));
      bias.push_back(small(rng));
      before.push_back(small(rng));
    }
  }

  // W x + b, and the f32 products that kF32 begins with.
  double Truth(Precision precision, size_t j) const {
    if (precision == Precision::kF32) return Value(j) + double{bias[j]};
    const double offset = precision == Precision::kInt8 ? 128.0 * weight_sums[j] : 0.0;
    return double{kRowScale} * scales[j] * (sums[j] - offset) + bias[j];
  }
  float Value(size_t j) const { return kRowScale * scales[j] * static_cast<float>(sums[j]); }

  Epilogue::Columns Columns(Precision precision) const {
    return {.precision = precision,
            .scales = scales.data(),
            .weight_sums = weight_sums.data(),
            .bias = bias.data()};
  }

  // Runs `tail` over a copy of the products.
  std::vector<float> Finish(Precision precision, LinearTail tail) const {
    std::vector<int32_t> integers = sums;
    std::vector<float> floats(kRowColumns), y = before;
    for (size_t j = 0; j < kRowColumns; ++j) floats[j] = Value(j);
    void* const values =
        precision == Precision::kF32 ? static_cast<void*>(floats.data()) : integers.data();
    const Epilogue epilogue(Columns(precision));
    const ProductRow row{.values = values, .row_scale = kRowScale};
    const size_t n = tail == LinearTail::kSwiGlu ? kRowColumns / 2 : kRowColumns;
    epilogue.Finish(row, tail, 0, 5, n, y.data());  // In two parts, as tiles are.
    epilogue.Finish(row, tail, 5, n - 5, n, y.data());
    return y;
  }

  std::vector<int32_t> sums, weight_sums;
  std::vector<float> scales, bias, before;
};

class EpilogueTest : public testing::TestWithParam<Precision> {};

// Five roundings of 2^-24 of what is rounded, at most 10 here.
constexpr double kTolerance = 5 * 10 * 0x1p-24;

TEST_P(EpilogueTest, StoresAndAdds) {
  const Products products;
  const std::vector<float> stored = products.Finish(GetParam(), LinearTail::kStore);
  const std::vector<float> added = products.Finish(GetParam(), LinearTail::kAdd);
  for (size_t j = 0; j < kRowColumns; ++j) {
    const double truth = products.Truth(GetParam(), j);
    EXPECT_NEAR(stored[j], truth, kTolerance) << j;
    EXPECT_NEAR(added[j], products.before[j] + truth, kTolerance) << j;
  }
}

// silu(g) u changes by at most 1.1 |u| a unit of g, and |g| a unit of u; the exponential is exact
// to some 2^-21 of it.
TEST_P(EpilogueTest, SwiGluReadsGateAndUp) {
  const Products products;
  const std::vector<float> y = products.Finish(GetParam(), LinearTail::kSwiGlu);
  for (size_t j = 0; j < kRowColumns / 2; ++j) {
    const double gate = products.Truth(GetParam(), j);
    const double up = products.Truth(GetParam(), kRowColumns / 2 + j);
    const double truth = gate / (1.0 + std::exp(-gate)) * up;
    EXPECT_NEAR(y[j], truth, 22 * kTolerance + 100 * 0x1p-21) << j;
  }
  for (size_t j = kRowColumns / 2; j < kRowColumns; ++j) EXPECT_EQ(y[j], products.before[j]) << j;
}

INSTANTIATE_TEST_SUITE_P(Precisions, EpilogueTest,
                         testing::Values(Precision::kF32, Precision::kInt8, Precision::kFixed));

// What comes from accelerators as whole sums becomes the same bits as what comes as two planes.
TEST(EpiloguePlanesTest, PlanesAndWholeSumsAgreeToTheBit) {
  const Products products;
  std::vector<int32_t> high(kRowColumns), low(kRowColumns);
  for (size_t j = 0; j < kRowColumns; ++j) {
    low[j] = 1000 + static_cast<int32_t>(j);
    // sum = 256 (high - 128 weight_sum) + low; what 256 does not divide goes to low.
    const int32_t rest = products.sums[j] - low[j], quotient = rest / 256;
    low[j] += rest - 256 * quotient;
    high[j] = quotient + 128 * products.weight_sums[j];
  }
  std::vector<float> y(kRowColumns);
  Epilogue(products.Columns(Precision::kFixed))
      .Store({.values = high.data(), .low_plane = low.data(), .row_scale = kRowScale}, 0,
             kRowColumns, y.data());
  EXPECT_EQ(y, products.Finish(Precision::kFixed, LinearTail::kStore));
}

}  // namespace
}  // namespace sotto
