#include "model/quantized_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace sotto {
namespace {

struct Quantized {
  Matrix<int8_t> wq;
  std::vector<float> scales;
  std::vector<uint32_t> l1_norms;
};

Quantized Quantize(ConstMatrixView<float> w) {
  Quantized result{Matrix<int8_t>(w.rows(), w.cols()), std::vector<float>(w.rows()),
                   std::vector<uint32_t>(w.rows())};
  QuantizeWeightRows(w, result.wq.view(), result.scales.data(), result.l1_norms.data());
  return result;
}

Quantized QuantizeOne(std::vector<float> row) {
  return Quantize(ConstMatrixView<float>(row.data(), 1, row.size()));
}

// The definition, element by element: what every machine must reproduce to the bit.
TEST(QuantizeWeightRowsTest, EqualsTheScalarDefinition) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  for (const size_t cols : {1u, 3u, 31u, 64u, 193u}) {
    Matrix<float> w(5, cols);
    for (size_t i = 0; i < 5 * cols; ++i) w.view().data()[i] = normal(generator);
    const Quantized q = Quantize(w.view());
    for (size_t j = 0; j < 5; ++j) {
      float largest = 0;
      for (size_t i = 0; i < cols; ++i) largest = std::max(largest, std::fabs(w.view()(j, i)));
      volatile float inverse = 127.0f / largest;  // volatile: no excess precision, no contraction.
      uint32_t l1 = 0;
      for (size_t i = 0; i < cols; ++i) {
        volatile float scaled = w.view()(j, i) * inverse;
        ASSERT_EQ(q.wq.view()(j, i), static_cast<int>(std::nearbyint(scaled)));
        l1 += std::abs(q.wq.view()(j, i));
      }
      EXPECT_EQ(q.scales[j], largest / 127.0f);
      EXPECT_EQ(q.l1_norms[j], l1);
    }
  }
}

TEST(QuantizeWeightRowsTest, TiesGoToEven) {
  const Quantized q = QuantizeOne({127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -126.5f});
  const int expected[] = {127, 0, 2, 2, 0, -2, -126};
  for (size_t i = 0; i < 7; ++i) EXPECT_EQ(q.wq.view()(0, i), expected[i]);
  EXPECT_EQ(q.scales[0], 1.0f);
}

// |w - s wq| <= s / 2, plus the rounding of w * inverse (2^-24 relative, thus 127 * 2^-24 quanta).
TEST(QuantizeWeightRowsTest, ErrorIsHalfAQuantum) {
  std::mt19937 generator(2);
  std::uniform_real_distribution<float> uniform(-3.0f, 3.0f);
  std::vector<float> row(1001);
  for (float& w : row) w = uniform(generator);
  const Quantized q = QuantizeOne(row);
  for (size_t i = 0; i < row.size(); ++i) {
    const double error = row[i] - double{q.scales[0]} * q.wq.view()(0, i);
    EXPECT_LE(std::fabs(error), q.scales[0] * (0.5 + 2 * 127 * 0x1p-23));
  }
}

TEST(QuantizeWeightRowsTest, ZeroAndVanishingRows) {
  for (const float w : {0.0f, -0.0f, 1e-45f, 0x1p-101f}) {
    const Quantized q = QuantizeOne({w, w, w});
    EXPECT_EQ(q.scales[0], 1.0f);
    EXPECT_EQ(q.l1_norms[0], 0u);
    EXPECT_EQ(q.wq.view()(0, 2), 0);
  }
}

TEST(QuantizeWeightRowsTest, ExtremeMagnitudesStayInRange) {
  for (const float w : {0x1p-100f, 3.4e38f, 1e-20f, 1.0f / 3}) {
    const Quantized q = QuantizeOne({w, -w, 0});
    EXPECT_EQ(q.wq.view()(0, 0), 127);
    EXPECT_EQ(q.wq.view()(0, 1), -127);
    EXPECT_TRUE(std::isfinite(q.scales[0]));
  }
}

// Bits that any build on any machine must give: FNV-1a over the int8 values and the scales' bits,
// computed apart from this code (in Python, each operation rounded to binary32).
TEST(QuantizeWeightRowsTest, GoldenBits) {
  std::vector<float> w(7 * 301);
  uint32_t state = 12345;
  for (float& value : w) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(static_cast<int32_t>(state)) * 0x1p-31f;
  }
  const Quantized q = Quantize(ConstMatrixView<float>(w.data(), 7, 301));
  uint64_t hash = 0xcbf29ce484222325u;
  const auto mix = [&](const void* data, size_t size) {
    for (size_t i = 0; i < size; ++i) {
      hash = (hash ^ static_cast<const unsigned char*>(data)[i]) * 0x100000001b3u;
    }
  };
  mix(q.wq.view().data(), 7 * 301);
  mix(q.scales.data(), 7 * sizeof(float));
  EXPECT_EQ(hash, 0xc13a03132e26d963u);
}

TEST(ActivationLimitTest, KeepsTheProductInInt32) {
  EXPECT_EQ(ActivationLimit(0), 32767);
  EXPECT_EQ(ActivationLimit(1), 32767);
  EXPECT_EQ(ActivationLimit(65538), 32767);  // 32767 * 65538 = 2^31 - 2.
  EXPECT_EQ(ActivationLimit(65539), 32766);
  EXPECT_EQ(ActivationLimit(~0u), 0);
  for (uint32_t l1 = 1; l1 < 1u << 20; l1 += 977) {
    const uint64_t limit = ActivationLimit(l1);
    EXPECT_LT(limit * l1, uint64_t{1} << 31);
    EXPECT_TRUE(limit == 32767 || (limit + 1) * l1 >= uint64_t{1} << 31);
  }
}

}  // namespace
}  // namespace sotto
