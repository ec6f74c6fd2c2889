#include "trusted/split/field_dot.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "trusted/split/field.h"
#include "trusted/split/field_kernels.h"

namespace sotto {
namespace {

const size_t kLengths[] = {0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 1000, 2048, 5003};

std::vector<uint64_t> RandomField(size_t n, uint32_t seed) {
  std::mt19937_64 rng(seed);
  std::vector<uint64_t> field(n);
  for (uint64_t& f : field) f = rng() % kFieldPrime;
  return field;
}

std::vector<int32_t> RandomInts(size_t n, uint32_t seed) {
  std::mt19937 rng(seed);
  std::vector<int32_t> values(n);
  for (int32_t& v : values) v = static_cast<int32_t>(rng());
  return values;
}

// Term by term with the division of the language: no trick of the code under test.
uint64_t PlainOffsetDot(const std::vector<int32_t>& values, const std::vector<uint64_t>& field) {
  uint64_t sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const uint64_t v = static_cast<uint64_t>(int64_t{values[i]} + (int64_t{1} << 31));
    sum = static_cast<uint64_t>((sum + Uint128{v} * field[i]) % kFieldPrime);
  }
  return sum;
}

TEST(Field, ReducesAtTheEdges) {
  const uint64_t max = std::numeric_limits<uint64_t>::max();
  for (uint64_t v : {uint64_t{0}, uint64_t{1}, kFieldPrime - 1, kFieldPrime, kFieldPrime + 1,
                     2 * kFieldPrime - 1, 2 * kFieldPrime, 2 * kFieldPrime + 1, max - 1, max}) {
    EXPECT_EQ(FieldReduce(v), v % kFieldPrime) << v;
    for (uint64_t w : {uint64_t{0}, uint64_t{1}, kFieldPrime, max}) {
      const Uint128 wide = Uint128{v} * w + v;
      EXPECT_EQ(FieldReduce128(wide), static_cast<uint64_t>(wide % kFieldPrime)) << v << " " << w;
    }
  }
  EXPECT_EQ(FieldReduce128(~Uint128{0}), static_cast<uint64_t>(~Uint128{0} % kFieldPrime));
}

TEST(FieldDot, EqualsPlainArithmeticInEveryVersion) {
  for (size_t n : kLengths) {
    const auto values = RandomInts(n, n + 1);
    const auto field = RandomField(n, n + 2);
    const uint64_t expected = PlainOffsetDot(values, field);
    EXPECT_EQ(OffsetFieldDot(values, field), expected) << n;
    for (const FieldKernels* kernels : FieldTable().runnable()) {
      EXPECT_EQ(kernels->offset_dot(values, field), expected) << IsaName(kernels->isa) << " " << n;
    }
  }
}

// The largest terms everywhere: sums that are folded too late overflow here. 100003 entries are
// several folds of the vector version.
TEST(FieldDot, LargestTermsDoNotOverflow) {
  for (size_t n : {size_t{16384}, size_t{16392}, size_t{100003}}) {
    const std::vector<int32_t> values(n, std::numeric_limits<int32_t>::max());
    const std::vector<uint64_t> field(n, kFieldPrime - 1);
    const uint64_t expected = PlainOffsetDot(values, field);
    for (const FieldKernels* kernels : FieldTable().runnable()) {
      EXPECT_EQ(kernels->offset_dot(values, field), expected) << IsaName(kernels->isa);
    }
  }
}

TEST(FieldDot, TheBestVersionEqualsThePortableOne) {
  for (size_t n = 0; n < 200; ++n) {
    const auto values = RandomInts(n, n + 3);
    const auto field = RandomField(n, n + 4);
    EXPECT_EQ(OffsetFieldDot(values, field), kPortableField.offset_dot(values, field)) << n;
  }
}

TEST(FieldDot, OffsetIsTheSumOfTheFieldTimesTwoToThe31) {
  for (size_t n : kLengths) {
    const auto field = RandomField(n, n);
    EXPECT_EQ(FieldOffset(field), PlainOffsetDot(std::vector<int32_t>(n, 0), field));
  }
}

struct ColumnCase {
  size_t rows, cols;
};

class FieldColumnsTest : public ::testing::TestWithParam<ColumnCase> {};

TEST_P(FieldColumnsTest, EveryVersionEqualsPlainArithmetic) {
  const size_t rows = GetParam().rows, cols = GetParam().cols;
  std::mt19937 rng(5);
  std::vector<int16_t> w(rows * cols);
  for (int16_t& v : w) v = static_cast<int16_t>(static_cast<int>(rng() % 4095) - 2047);
  const auto s = RandomField(rows, 6);
  const ConstMatrixView<int16_t> view(w.data(), rows, cols);

  std::vector<uint64_t> expected(cols, 0);
  for (size_t i = 0; i < cols; ++i) {
    for (size_t j = 0; j < rows; ++j) {
      const uint64_t v = static_cast<uint64_t>(view(j, i) + 2048);
      const Uint128 term = Uint128{v} * s[j] + Uint128{kFieldPrime - s[j]} * 2048;
      expected[i] = static_cast<uint64_t>((expected[i] + term) % kFieldPrime);
    }
  }
  const auto columns_by = [&](auto accumulate) {
    std::vector<int64_t> low(cols, 0), high(cols, 0);
    std::vector<uint64_t> u(cols);
    const size_t half = rows / 2;
    accumulate(view.Rows(0, half), s.data(), low.data(), high.data());
    accumulate(view.Rows(half, rows - half), s.data() + half, low.data(), high.data());
    FieldColumns(low.data(), high.data(), u);
    return u;
  };
  EXPECT_EQ(columns_by(AccumulateFieldColumns), expected);
  for (const FieldKernels* kernels : FieldTable().runnable()) {
    EXPECT_EQ(columns_by(kernels->accumulate_columns), expected) << IsaName(kernels->isa);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, FieldColumnsTest,
                         ::testing::Values(ColumnCase{1, 1}, ColumnCase{3, 64}, ColumnCase{64, 65},
                                           ColumnCase{129, 63}, ColumnCase{200, 200}));

}  // namespace
}  // namespace sotto
