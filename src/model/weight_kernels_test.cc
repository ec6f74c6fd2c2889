// What this processor's instruction sets compute is what the portable code does; convert_test.cc
// and quantized_weights_test.cc hold the best of them against the definitions.
#include "model/weight_kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <string_view>
#include <vector>

#include "model/crc32c.h"

namespace sotto {
namespace {

TEST(WeightKernelsTest, AllConvertEveryPatternAlike) {
  std::vector<uint16_t> patterns(65536 + 3);  // No multiple of a vector.
  for (size_t i = 0; i < patterns.size(); ++i) patterns[i] = static_cast<uint16_t>(i);
  const auto* bytes = reinterpret_cast<const uint8_t*>(patterns.data());
  for (const DType dtype : {DType::kF16, DType::kBF16}) {
    std::vector<float> expected(patterns.size()), floats(patterns.size());
    kPortableWeights.convert(dtype, bytes, patterns.size(), expected.data());
    for (const WeightKernels* kernels : WeightTable().runnable()) {
      EXPECT_FALSE(kernels->convert(dtype, bytes, patterns.size(), floats.data()));
      for (size_t i = 0; i < patterns.size(); ++i) {
        ASSERT_EQ(std::isnan(floats[i]), std::isnan(expected[i])) << i;
        if (std::isnan(expected[i])) continue;
        ASSERT_EQ(std::bit_cast<uint32_t>(floats[i]), std::bit_cast<uint32_t>(expected[i])) << i;
      }
    }
  }
}

TEST(WeightKernelsTest, AllQuantizeAlike) {
  std::mt19937 rng(1);
  std::normal_distribution<float> normal;
  for (const size_t n : {1, 7, 8, 31, 64, 193}) {
    std::vector<float> row(n);
    for (float& w : row) w = normal(rng);
    std::vector<int8_t> expected(n), wq(n);
    const RowQuantum quantum = kPortableWeights.quantize_row(row.data(), n, expected.data());
    for (const WeightKernels* kernels : WeightTable().runnable()) {
      const RowQuantum other = kernels->quantize_row(row.data(), n, wq.data());
      EXPECT_EQ(wq, expected) << IsaName(kernels->isa) << " " << n;
      EXPECT_EQ(other.scale, quantum.scale);
      EXPECT_EQ(other.l1_norm, quantum.l1_norm);
    }
    std::vector<int16_t> expected_wide(n), wide(n);
    const RowQuantum widest =
        kPortableWeights.quantize_row_wide(row.data(), n, 1234, expected_wide.data());
    for (const WeightKernels* kernels : WeightTable().runnable()) {
      const RowQuantum other = kernels->quantize_row_wide(row.data(), n, 1234, wide.data());
      EXPECT_EQ(wide, expected_wide) << IsaName(kernels->isa) << " " << n;
      EXPECT_EQ(other.scale, widest.scale);
      EXPECT_EQ(other.l1_norm, widest.l1_norm);
    }
  }
}

TEST(WeightKernelsTest, AllCheckSumsAreAlike) {
  std::mt19937 rng(2);
  std::vector<uint8_t> data(1003);
  for (uint8_t& byte : data) byte = static_cast<uint8_t>(rng());
  for (const size_t size : {0, 1, 8, 13, 1003}) {
    const std::span<const uint8_t> part(data.data(), size);
    const uint32_t expected = kPortableWeights.crc32c(~0u, part);
    for (const WeightKernels* kernels : WeightTable().runnable()) {
      EXPECT_EQ(kernels->crc32c(~0u, part), expected) << IsaName(kernels->isa) << " " << size;
    }
  }
}

// RFC 3720's own example, and the check value of the CRC catalogue.
TEST(Crc32cTest, KnownAnswers) {
  const std::vector<uint8_t> zeros(32);
  EXPECT_EQ(Crc32c(zeros), 0x8a9136aau);
  const std::string_view digits = "123456789";
  EXPECT_EQ(Crc32c({reinterpret_cast<const uint8_t*>(digits.data()), digits.size()}), 0xe3069283u);
}

}  // namespace
}  // namespace sotto
