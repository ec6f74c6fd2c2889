#include "trusted/split/freivalds.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "trusted/split/field.h"
#include "trusted/split/field_dot.h"

namespace sotto {
namespace {

constexpr size_t kIn = 37, kOut = 53;

class FreivaldsTest : public ::testing::Test {
 protected:
  FreivaldsTest() : drbg_(std::array<uint8_t, 32>{1}), secret_(kOut + 10, drbg_), w_(kOut * kIn) {
    std::mt19937 rng(1);
    for (int16_t& v : w_) v = static_cast<int16_t>(static_cast<int>(rng() % 4095) - 2047);
    for (int32_t& v : x_) v = static_cast<int32_t>(rng() % 8191) - 4095;
    for (size_t j = 0; j < kOut; ++j) {
      y_[j] = 0;
      for (size_t i = 0; i < kIn; ++i) y_[j] += w_[j * kIn + i] * x_[i];
    }
  }

  FreivaldsKey MakeKey() const {
    FreivaldsKey key(secret_, kIn, kOut);
    const ConstMatrixView<int16_t> w(w_.data(), kOut, kIn);
    key.AddWeightRows(20, w.Rows(20, kOut - 20));  // Any order.
    key.AddWeightRows(0, w.Rows(0, 20));
    key.Finish();
    return key;
  }
  static bool Passes(const FreivaldsKey& key, std::span<const int32_t> x,
                     std::span<const int32_t> y) {
    const uint64_t sum =
        FieldAdd(key.OutputPart(0, y.first(17)), key.OutputPart(17, y.subspan(17)));
    return EqualMask(key.ExpectedSum(x), sum) == ~uint64_t{0};
  }

  Drbg drbg_;
  FreivaldsSecret secret_;
  std::vector<int16_t> w_;
  std::array<int32_t, kIn> x_;
  std::array<int32_t, kOut> y_;
};

TEST_F(FreivaldsTest, SecretIsInTheFieldAndHasNoDuplicates) {
  std::vector<uint64_t> values(secret_.values().begin(), secret_.values().end());
  std::sort(values.begin(), values.end());
  EXPECT_LT(values.back(), kFieldPrime);
  EXPECT_EQ(std::adjacent_find(values.begin(), values.end()), values.end());
}

TEST_F(FreivaldsTest, TruePassesAndZeroRowsPass) {
  const FreivaldsKey key = MakeKey();
  EXPECT_TRUE(Passes(key, x_, y_));
  EXPECT_TRUE(Passes(key, std::array<int32_t, kIn>{}, std::array<int32_t, kOut>{}));
}

TEST_F(FreivaldsTest, EverySingleBitFlipFails) {
  const FreivaldsKey key = MakeKey();
  for (size_t j = 0; j < kOut; ++j) {
    for (int bit = 0; bit < 32; ++bit) {
      auto lie = y_;
      lie[j] = static_cast<int32_t>(static_cast<uint32_t>(lie[j]) ^ (1u << bit));
      EXPECT_FALSE(Passes(key, x_, lie)) << j << " " << bit;
    }
  }
}

// Lies that a check modulo 2^32 would let through with probability a half or more.
TEST_F(FreivaldsTest, MultiplesOfLargePowersOfTwoFail) {
  const FreivaldsKey key = MakeKey();
  auto lie = y_;
  for (int32_t& v : lie) v = static_cast<int32_t>(static_cast<uint32_t>(v) + 0x80000000u);
  EXPECT_FALSE(Passes(key, x_, lie));
  lie = y_;
  lie[3] = static_cast<int32_t>(static_cast<uint32_t>(lie[3]) + 0x80000000u);
  lie[4] = static_cast<int32_t>(static_cast<uint32_t>(lie[4]) + 0x80000000u);
  EXPECT_FALSE(Passes(key, x_, lie));
}

TEST_F(FreivaldsTest, SwappedEntriesAndOtherInputsFail) {
  const FreivaldsKey key = MakeKey();
  auto lie = y_;
  std::swap(lie[0], lie[1]);
  EXPECT_FALSE(Passes(key, x_, lie));
  auto other = x_;
  ++other[kIn - 1];
  EXPECT_FALSE(Passes(key, other, y_));
  EXPECT_FALSE(Passes(key, x_, std::array<int32_t, kOut>{}));
}

TEST(EqualMask, IsAllOnesOnlyWhenEqual) {
  EXPECT_EQ(EqualMask(0, 0), ~uint64_t{0});
  EXPECT_EQ(EqualMask(kFieldPrime - 1, kFieldPrime - 1), ~uint64_t{0});
  for (int bit = 0; bit < 64; ++bit) EXPECT_EQ(EqualMask(5, 5 ^ (uint64_t{1} << bit)), 0u);
}

// More rows than exact partial sums have room for, all of the greatest magnitude.
TEST(FreivaldsKeyTest, TakesAnyNumberOfRows) {
  constexpr size_t kRows = 2 * kMaxFieldRows + 3, kBlock = kMaxFieldRows / 4 + 1;
  Drbg random(std::array<uint8_t, 32>{2});
  const FreivaldsSecret secret(kRows, random);
  FreivaldsKey key(secret, 1, kRows);
  const std::vector<int16_t> w(kRows, 2047);
  for (size_t first = 0; first < kRows; first += kBlock) {
    const size_t rows = std::min(kBlock, kRows - first);
    key.AddWeightRows(first, {w.data() + first, rows, 1});
  }
  key.Finish();
  // A row of ones has the product 2047 in every column: sum_j 2047 s_j, as ExpectedSum offsets it.
  const std::vector<int32_t> x = {1}, y(kRows, 2047);
  EXPECT_EQ(key.ExpectedSum(x), key.OutputPart(0, y));
}

}  // namespace
}  // namespace sotto
