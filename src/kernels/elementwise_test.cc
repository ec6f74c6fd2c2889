#include "kernels/elementwise.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/cpu.h"
#include "kernels/elementwise_kernels.h"
#include "kernels/reference.h"
#include "testing/random_row.h"

namespace sotto {
namespace {

const size_t kVectorLengths[] = {1, 2, 7, 15, 16, 17, 31, 33, 64, 100, 172, 2048, 5000};
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

reference::Row Double(const std::vector<float>& x) { return {x.begin(), x.end()}; }

void ExpectClose(const std::vector<float>& got, const reference::Row& expected, double relative) {
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], std::abs(expected[i]) * relative + 1e-37) << i;
  }
}

void ExpectRounded(const std::vector<BFloat16>& got, const std::vector<float>& exact) {
  for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].bits, ToBFloat16(exact[i]).bits) << i;
}

class ElementwiseTest : public testing::TestWithParam<const ElementwiseKernels*> {};

// The sum's terms add in lanes: n / 16 roundings each at most, half of which the root passes on;
// then four roundings.
TEST_P(ElementwiseTest, RmsNormEqualsTheReference) {
  for (size_t n : kVectorLengths) {
    const std::vector<float> x = RandomRow(n, 2.0f, n), w = RandomRow(n, 1.0f, n + 1);
    std::vector<float> y(n);
    GetParam()->rms_norm(x.data(), w.data(), n, 1e-5f, y.data());
    ExpectClose(y, reference::RmsNorm(Double(x), Double(w), double{1e-5f}),
                (static_cast<double>(n) / 32 + 8) * 0x1p-24);
    std::vector<BFloat16> b(n);
    GetParam()->rms_norm_bf16(x.data(), w.data(), n, 1e-5f, b.data());
    ExpectRounded(b, y);
  }
}

TEST_P(ElementwiseTest, RmsNormInPlaceAndZeroRow) {
  std::vector<float> x = RandomRow(100, 1.0f, 1), y(100);
  const std::vector<float> w = RandomRow(100, 1.0f, 2);
  GetParam()->rms_norm(x.data(), w.data(), 100, 1e-6f, y.data());
  GetParam()->rms_norm(x.data(), w.data(), 100, 1e-6f, x.data());
  EXPECT_EQ(x, y);
  const std::vector<float> zero(100, 0.0f);
  GetParam()->rms_norm(zero.data(), w.data(), 100, 1e-6f, y.data());
  for (float v : y) EXPECT_EQ(v, 0.0f);
}

// Finite values whose squares are not: 1 / infinity would make a row of zeros of them.
TEST_P(ElementwiseTest, RmsNormOfARowThatOverflowsIsNoNumber) {
  const std::vector<float> w = RandomRow(100, 1.0f, 2);
  for (float large : {1e20f, 1e38f, kInfinity, kNan}) {
    std::vector<float> x = RandomRow(100, 1.0f, 1), y(100);
    x[50] = large;
    GetParam()->rms_norm(x.data(), w.data(), 100, 1e-6f, y.data());
    for (float v : y) EXPECT_TRUE(std::isnan(v)) << large;
    std::vector<BFloat16> b(100);
    GetParam()->rms_norm_bf16(x.data(), w.data(), 100, 1e-6f, b.data());
    for (BFloat16 v : b) EXPECT_TRUE(std::isnan(ToFloat(v))) << large;
    std::vector<uint8_t> q(100);
    EXPECT_TRUE(std::isnan(GetParam()->rms_norm_int8(x.data(), w.data(), 100, 1e-6f, q.data())));
  }
}

// Half a step, and three roundings of at most 127.
void ExpectQuantized(const reference::Row& x, float scale, const std::vector<uint8_t>& q,
                     double slack) {
  const double max = reference::MaxMagnitude(x);
  EXPECT_NEAR(scale, max / 127, max / 127 * slack);
  for (size_t i = 0; i < q.size(); ++i) {
    EXPECT_GE(q[i], 1);
    ASSERT_NEAR(q[i] - 128.0, x[i] / max * 127, 0.5 + 127 * 0x1p-22) << i;
  }
}

TEST_P(ElementwiseTest, QuantizeInt8EqualsTheReference) {
  for (size_t n : kVectorLengths) {
    const std::vector<float> x = RandomRow(n, 3.0f, n), w = RandomRow(n, 1.0f, n + 1);
    std::vector<uint8_t> q(n);
    ExpectQuantized(Double(x), GetParam()->quantize_int8(x.data(), n, q.data()), q, 0x1p-22);
    const float scale = GetParam()->rms_norm_int8(x.data(), w.data(), n, 1e-5f, q.data());
    ExpectQuantized(reference::RmsNorm(Double(x), Double(w), double{1e-5f}), scale, q,
                    (static_cast<double>(n) / 32 + 8) * 0x1p-24);
  }
}

TEST_P(ElementwiseTest, QuantizeInt8ZeroTinyAndNonFiniteRows) {
  std::vector<uint8_t> q(37);
  for (float value : {0.0f, 0x1p-149f, -0x1p-110f}) {
    const std::vector<float> x(37, value);
    EXPECT_EQ(GetParam()->quantize_int8(x.data(), 37, q.data()), 0.0f);
    EXPECT_EQ(q, std::vector<uint8_t>(37, 128));
  }
  for (float bad : {kInfinity, -kInfinity, kNan}) {
    std::vector<float> x = RandomRow(37, 1.0f, 3);
    x[20] = bad;
    EXPECT_TRUE(std::isnan(GetParam()->quantize_int8(x.data(), 37, q.data())));
  }
}

TEST_P(ElementwiseTest, ConvertRoundsAsTheScalarDoes) {
  for (size_t n : kVectorLengths) {
    std::vector<float> x = RandomRow(n, 1e3f, n);
    x[0] = 1.00390625f;  // A tie: to even.
    std::vector<BFloat16> y(n);
    GetParam()->convert(x.data(), n, y.data());
    ExpectRounded(y, x);
  }
}

TEST_P(ElementwiseTest, WidenKeepsEveryBit) {
  for (size_t n : kVectorLengths) {
    std::vector<BFloat16> x(n);
    // Infinities, NaNs and denormals among them.
    for (size_t i = 0; i < n; ++i) x[i].bits = static_cast<uint16_t>(i * 40503 + 0x7f80);
    std::vector<float> y(n + 1, 5.0f);
    GetParam()->widen(x.data(), n, y.data());
    for (size_t i = 0; i < n; ++i) {
      EXPECT_EQ(std::bit_cast<uint32_t>(y[i]), uint32_t{x[i].bits} << 16) << i;
    }
    EXPECT_EQ(y[n], 5.0f);
  }
}

TEST_P(ElementwiseTest, MaxMagnitudeFindsItAnywhereAndKeepsNan) {
  for (size_t n : kVectorLengths) {
    for (size_t at : {size_t{0}, n / 2, n - 1}) {
      std::vector<float> x = RandomRow(n, 1.0f, n);
      x[at] = -100.0f;
      EXPECT_EQ(GetParam()->max_magnitude(x.data(), n), 100.0f);
      x[at] = kNan;
      EXPECT_TRUE(std::isnan(GetParam()->max_magnitude(x.data(), n)));
    }
  }
  EXPECT_EQ(GetParam()->max_magnitude(nullptr, 0), 0.0f);
}

// exp within 2^-22, then three roundings.
TEST_P(ElementwiseTest, SwiGluEqualsTheReference) {
  for (size_t n : kVectorLengths) {
    const std::vector<float> gate = RandomRow(n, 4.0f, n), up = RandomRow(n, 2.0f, n + 1);
    std::vector<float> y(n);
    GetParam()->swiglu(gate.data(), up.data(), n, y.data());
    ExpectClose(y, reference::SwiGlu(Double(gate), Double(up)), 0x1p-21);
    std::vector<BFloat16> b(n);
    GetParam()->swiglu_bf16(gate.data(), up.data(), n, b.data());
    ExpectRounded(b, y);
    std::vector<float> in_place = gate;
    GetParam()->swiglu(in_place.data(), up.data(), n, in_place.data());
    EXPECT_EQ(in_place, y);
  }
}

TEST_P(ElementwiseTest, SwiGluLargeGatesSaturate) {
  const std::vector<float> gate = {-200.0f, -90.0f, 0.0f, 90.0f, 200.0f, 1e30f}, up(6, 1.0f);
  std::vector<float> y(6);
  GetParam()->swiglu(gate.data(), up.data(), 6, y.data());
  EXPECT_NEAR(y[0], 0.0f, 1e-30f);
  EXPECT_NEAR(y[1], 0.0f, 1e-30f);
  EXPECT_EQ(y[2], 0.0f);
  EXPECT_EQ(y[3], 90.0f);
  EXPECT_EQ(y[4], 200.0f);
  EXPECT_EQ(y[5], 1e30f);
}

TEST_P(ElementwiseTest, AddAdds) {
  for (size_t n : kVectorLengths) {
    const std::vector<float> x = RandomRow(n, 1.0f, n), y = RandomRow(n, 1.0f, n + 1);
    std::vector<float> sum = y;
    GetParam()->add(x.data(), n, sum.data());
    for (size_t i = 0; i < n; ++i) EXPECT_EQ(sum[i], x[i] + y[i]);
  }
}

TEST_P(ElementwiseTest, ExpWithinItsBound) {
  std::vector<float> x;
  for (float v = -87.3f; v < 88.7f; v += 0.00371f) x.push_back(v);
  std::vector<float> y(x.size());
  GetParam()->exp(x.data(), x.size(), y.data());
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = std::exp(double{x[i]});
    ASSERT_NEAR(y[i], expected, expected * 0x1p-22) << x[i];
  }
}

TEST_P(ElementwiseTest, ExpEdges) {
  const std::vector<float> x = {0.0f, -kInfinity, -1000.0f, kInfinity, 1000.0f, kNan, -0.0f};
  std::vector<float> y(x.size());
  GetParam()->exp(x.data(), x.size(), y.data());
  EXPECT_EQ(y[0], 1.0f);
  EXPECT_EQ(y[1], 0.0f);
  EXPECT_EQ(y[2], 0.0f);
  EXPECT_EQ(y[3], kInfinity);
  EXPECT_EQ(y[4], kInfinity);
  EXPECT_TRUE(std::isnan(y[5]));
  EXPECT_EQ(y[6], 1.0f);
}

TEST_P(ElementwiseTest, LogSumExpEqualsTheReference) {
  for (size_t n : kVectorLengths) {
    for (float scale : {0.01f, 5.0f, 100.0f}) {
      const std::vector<float> x = RandomRow(n, scale, n);
      EXPECT_NEAR(GetParam()->log_sum_exp(x.data(), n), reference::LogSumExp(Double(x)), 1e-6) << n;
    }
  }
  // A vocabulary of equal logits, where every rounding goes the same way.
  const std::vector<float> equal(128256, -3.0f);
  EXPECT_NEAR(GetParam()->log_sum_exp(equal.data(), equal.size()),
              reference::LogSumExp(Double(equal)), 1e-6);
}

TEST_P(ElementwiseTest, ArgMaxFirstOfTheLargest) {
  for (size_t n : kVectorLengths) {
    for (size_t at : {size_t{0}, n / 3, n - 1}) {
      std::vector<float> x = RandomRow(n, 1.0f, n);
      x[at] = 50.0f;
      x[n - 1] = 50.0f;
      EXPECT_EQ(GetParam()->arg_max(x.data(), n), at);
    }
  }
  const float with_nan[] = {kNan, -kInfinity, 1.0f, kNan, 1.0f};
  EXPECT_EQ(GetParam()->arg_max(with_nan, 5), 2);
  EXPECT_EQ(GetParam()->arg_max(with_nan, 1), 0);
}

TEST_P(ElementwiseTest, CountBeforeIsThePlaceInOrder) {
  for (size_t n : kVectorLengths) {
    std::vector<float> x = RandomRow(n, 1.0f, n);
    for (float& value : x) value = std::round(4 * value);  // Many are equal.
    for (size_t at : {size_t{0}, n / 3, n - 1}) {
      size_t before = 0;
      for (size_t i = 0; i < n; ++i) before += x[i] > x[at] || (x[i] == x[at] && i < at);
      EXPECT_EQ(GetParam()->count_before(x.data(), n, at, x[at]), before) << n << " " << at;
    }
    EXPECT_EQ(GetParam()->count_before(x.data(), n, 0, 1e9f), 0u);
    EXPECT_EQ(GetParam()->count_before(x.data(), n, 0, -kInfinity), n);
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, ElementwiseTest,
                         testing::ValuesIn(ElementwiseTable().runnable().begin(),
                                           ElementwiseTable().runnable().end()),
                         [](const auto& info) { return std::string(IsaName(info.param->isa)); });

TEST(ElementwiseDispatchTest, TakesTheBestKernels) {
  const ElementwiseKernels& best = ElementwiseTable().best();
  const std::vector<float> x = RandomRow(333, 1.0f, 1), w = RandomRow(333, 1.0f, 2);
  std::vector<float> y(333), expected(333);
  SwiGluRow(x.data(), w.data(), 333, y.data());
  best.swiglu(x.data(), w.data(), 333, expected.data());
  EXPECT_EQ(y, expected);
  RmsNormRow(x.data(), w.data(), 333, 1e-5f, y.data());
  best.rms_norm(x.data(), w.data(), 333, 1e-5f, expected.data());
  EXPECT_EQ(y, expected);
  EXPECT_EQ(LogSumExpRow(x.data(), 333), best.log_sum_exp(x.data(), 333));
  EXPECT_EQ(Cpu().avx512, best.isa == Isa::kAvx512);
}

}  // namespace
}  // namespace sotto
