#include "kernels/oblivious_row.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "testing/random_row.h"

namespace sotto {
namespace {

constexpr float kInfinite = std::numeric_limits<float>::infinity();
constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();

TEST(ObliviousRowTest, LessMaskIsAllOrNothing) {
  for (uint64_t a : {0, 1, 5, 1 << 20}) {
    for (uint64_t b : {0, 1, 5, 6, 1 << 20}) EXPECT_EQ(LessMask(a, b), a < b ? ~uint64_t{0} : 0);
  }
  EXPECT_EQ(LessMask((uint64_t{1} << 63) - 1, 0), 0u);
}

TEST(ObliviousRowTest, AMaskedRowIsTheRowOrPositiveZeros) {
  std::vector<float> x = RandomRow(37, 1.0f, 1);
  x[3] = kNotANumber, x[4] = -kInfinite, x[5] = -0.0f;
  std::vector<float> y(37, 7.0f);
  MaskRow(x.data(), 37, ~uint64_t{0}, y.data());
  for (size_t i = 0; i < 37; ++i) {
    EXPECT_EQ(std::bit_cast<uint32_t>(y[i]), std::bit_cast<uint32_t>(x[i]));
  }
  MaskRow(x.data(), 37, 0, x.data());
  for (float v : x) EXPECT_EQ(std::bit_cast<uint32_t>(v), 0u);
  EXPECT_EQ(MaskNumber(-1.5, ~uint64_t{0}), -1.5);
  EXPECT_EQ(std::bit_cast<uint64_t>(MaskNumber(std::nan(""), 0)), 0u);
}

// What is not chosen may be anything.
TEST(ObliviousRowTest, ChoosesARowAmongNumbersAndOthers) {
  Matrix<float> x(9, 37);
  for (size_t i = 0; i < 9; ++i) {
    const std::vector<float> row = RandomRow(37, 1.0f, i);
    for (size_t j = 0; j < 37; ++j) x.view()(i, j) = i % 3 == 2 ? kNotANumber : row[j];
  }
  for (size_t index : {0, 1, 4, 7}) {
    std::vector<float> y(38, 7.0f);
    ObliviousRow(x.view(), index, y.data());
    for (size_t j = 0; j < 37; ++j) EXPECT_EQ(y[j], x.view()(index, j));
    EXPECT_EQ(y[37], 7.0f);
  }
}

TEST(ObliviousRowTest, ChoosesAnElement) {
  for (size_t n : {1, 7, 16, 33, 2048}) {
    std::vector<float> x = RandomRow(n, 1.0f, n);
    for (size_t index : {size_t{0}, n / 2, n - 1}) {
      EXPECT_EQ(ObliviousElement(x.data(), n, index), x[index]);
    }
    x.back() = kInfinite;
    EXPECT_EQ(ObliviousElement(x.data(), n, n - 1), kInfinite);
  }
}

TEST(ObliviousRowTest, SetsOneElementAlone) {
  for (size_t n : {1, 7, 16, 33}) {
    for (size_t index : {size_t{0}, n / 2, n - 1}) {
      std::vector<float> x = RandomRow(n, 1.0f, n), expected = x;
      expected[index] = -kInfinite;
      ObliviousSetElement(x.data(), n, index, -kInfinite);
      EXPECT_EQ(x, expected);
    }
  }
}

}  // namespace
}  // namespace sotto
