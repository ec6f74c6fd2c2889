#include "model/quantized_weights.h"

#include <gtest/gtest.h>

#include <algorithm>
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

struct QuantizedFixed {
  Matrix<int16_t> wq;
  std::vector<float> scales;
  std::vector<uint32_t> l1_norms;
};

QuantizedFixed QuantizeFixed(ConstMatrixView<float> w, FixedWeights width) {
  QuantizedFixed result{Matrix<int16_t>(w.rows(), w.cols()), std::vector<float>(w.rows()),
                        std::vector<uint32_t>(w.rows())};
  QuantizeFixedWeightRows(w, width, result.wq.view(), result.scales.data(), result.l1_norms.data());
  return result;
}

TEST(QuantizeFixedWeightRowsTest, EightBitsAreThoseOfInt8) {
  std::mt19937 generator(4);
  std::normal_distribution<float> normal;
  Matrix<float> w(3, 77);
  for (size_t i = 0; i < w.view().size(); ++i) w.view().data()[i] = normal(generator);
  const Quantized narrow = Quantize(w.view());
  const QuantizedFixed fixed = QuantizeFixed(w.view(), FixedWeights::k8Bits);
  EXPECT_EQ(fixed.scales, narrow.scales);
  EXPECT_EQ(fixed.l1_norms, narrow.l1_norms);
  for (size_t i = 0; i < w.view().size(); ++i) {
    ASSERT_EQ(fixed.wq.view().data()[i], narrow.wq.view().data()[i]);
  }
}

// The definition of docs/numerics.md, element by element.
TEST(QuantizeFixedWeightRowsTest, TwelveBitsEqualTheScalarDefinition) {
  std::mt19937 generator(5);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  std::vector<int> levels;
  for (const size_t cols : {1u, 31u, 2048u, 8192u, 65536u}) {
    Matrix<float> w(2, cols);
    for (size_t i = 0; i < 2 * cols; ++i) w.view().data()[i] = normal(generator);
    const QuantizedFixed q = QuantizeFixed(w.view(), FixedWeights::k12Bits);
    for (size_t j = 0; j < 2; ++j) {
      float largest = 0;
      for (size_t i = 0; i < cols; ++i) largest = std::max(largest, std::fabs(w.view()(j, i)));
      const auto at = [&](int level, size_t i) {
        volatile float inverse = static_cast<float>(level) / largest;
        volatile float scaled = w.view()(j, i) * inverse;
        return static_cast<int>(std::nearbyint(scaled));
      };
      int64_t widest = 0, l1 = 0;
      for (size_t i = 0; i < cols; ++i) widest += std::abs(at(2047, i));
      constexpr int64_t kMost = ((int64_t{1} << 31) - 1) / 4095;
      const auto n = static_cast<int64_t>(cols);
      const int level =
          widest <= kMost ? 2047
                          : std::max<int>(127, static_cast<int>(2047 * (kMost - n) / (widest + n)));
      levels.push_back(level);
      for (size_t i = 0; i < cols; ++i) {
        ASSERT_EQ(q.wq.view()(j, i), at(level, i));
        l1 += std::abs(at(level, i));
      }
      EXPECT_EQ(q.scales[j], largest / static_cast<float>(level));
      EXPECT_EQ(q.l1_norms[j], l1);
    }
  }
  // All three cases were met: 2047, a number between, and 127.
  EXPECT_EQ(levels.front(), 2047);
  EXPECT_EQ(levels.back(), 127);
  EXPECT_TRUE(std::any_of(levels.begin(), levels.end(), [](int l) { return l > 127 && l < 2047; }));
}

// Whatever the row, activations keep twelve bits, up to the length at which eight-bit weights alone
// leave no more. Rows of equal magnitudes have the greatest norms.
TEST(QuantizeFixedWeightRowsTest, TwelveBitsLeaveTwelveToActivations) {
  std::mt19937 generator(6);
  for (const size_t cols : {255u, 257u, 1000u, 2048u, 4096u}) {
    std::vector<float> equal(cols, 0.3f), uniform(cols), steps(cols);
    std::uniform_real_distribution<float> draw(-1.0f, 1.0f);
    for (size_t i = 0; i < cols; ++i) {
      uniform[i] = draw(generator);
      steps[i] = static_cast<float>(i % 7) + 0.4999f;  // Many just about a rounding's border.
    }
    for (const std::vector<float>& row : {equal, uniform, steps}) {
      const QuantizedFixed q = QuantizeFixed({row.data(), 1, cols}, FixedWeights::k12Bits);
      EXPECT_GE(ActivationLimit(q.l1_norms[0]), kSmallestWideLimit) << cols;
      // And no more than is needed: a fiftieth of the room is left at most, or all bits are used.
      if (q.wq.view()(0, 0) == kLargestWideWeight) continue;
      if (&row != &equal) continue;
      EXPECT_LE(ActivationLimit(q.l1_norms[0]), kSmallestWideLimit * 51 / 50) << cols;
    }
  }
}

TEST(QuantizeFixedWeightRowsTest, ZeroVanishingAndExtremeRows) {
  for (const FixedWeights width : {FixedWeights::k12Bits, FixedWeights::k8Bits}) {
    for (const float w : {0.0f, -0.0f, 1e-45f, 0x1p-101f}) {
      const std::vector<float> row = {w, w, w};
      const QuantizedFixed q = QuantizeFixed({row.data(), 1, 3}, width);
      EXPECT_EQ(q.scales[0], 1.0f);
      EXPECT_EQ(q.l1_norms[0], 0u);
      EXPECT_EQ(q.wq.view()(0, 2), 0);
    }
    const int most = width == FixedWeights::k12Bits ? kLargestWideWeight : kLargestNarrowWeight;
    for (const float w : {0x1p-100f, 3.4e38f, 1e-20f, 1.0f / 3}) {
      const std::vector<float> row = {w, -w, 0};
      const QuantizedFixed q = QuantizeFixed({row.data(), 1, 3}, width);
      EXPECT_EQ(q.wq.view()(0, 0), most);
      EXPECT_EQ(q.wq.view()(0, 1), -most);
      EXPECT_TRUE(std::isfinite(q.scales[0]));
    }
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
