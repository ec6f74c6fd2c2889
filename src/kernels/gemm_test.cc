#include "kernels/gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "base/cpu.h"
#include "base/float_types.h"
#include "base/matrix.h"

namespace sotto {
namespace {

struct Shape {
  size_t n_in, n_out;
};
const Shape kShapes[] = {{64, 64},   {172, 64},   {1, 1},      {33, 257}, {192, 512},
                         {64, 1000}, {2048, 256}, {8192, 300}, {2049, 65}};

// Operand values and their exact meaning.
struct Operands {
  std::vector<uint8_t> bytes;
  std::vector<double> values;
};

Operands RandomOperands(GemmOperands type, bool is_weight, size_t count, uint32_t seed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal;
  const size_t bytes = is_weight ? GemmWeightBytes(type) : GemmOperandBytes(type);
  Operands out{std::vector<uint8_t>(count * bytes), std::vector<double>(count)};
  for (size_t i = 0; i < count; ++i) {
    const float value = normal(rng);
    if (type == GemmOperands::kF32 || type == GemmOperands::kF32ByBf16) {
      const bool narrow = is_weight && type == GemmOperands::kF32ByBf16;
      const float kept = narrow ? ToFloat(ToBFloat16(value)) : value;
      std::memcpy(&out.bytes[4 * i], &kept, 4);
      out.values[i] = kept;
    } else if (type == GemmOperands::kBf16) {
      const BFloat16 rounded = ToBFloat16(value);
      std::memcpy(&out.bytes[2 * i], &rounded, 2);
      out.values[i] = ToFloat(rounded);
    } else if (is_weight && type == GemmOperands::kU8S16) {
      const int16_t wide = static_cast<int16_t>(
          static_cast<int>(rng() % (2 * kMaxTwoByteWeight + 1)) - kMaxTwoByteWeight);
      std::memcpy(&out.bytes[2 * i], &wide, 2);
      out.values[i] = wide;
    } else {
      out.bytes[i] = static_cast<uint8_t>(rng());
      out.values[i] = is_weight ? static_cast<int8_t>(out.bytes[i]) : out.bytes[i];
    }
  }
  return out;
}

// The product as the library gives it, [rows, n_out], as raw 32-bit words.
std::vector<uint32_t> Product(const GemmWeights& weights, const Operands& a, size_t rows) {
  const size_t row_bytes = weights.n_in() * GemmOperandBytes(weights.operands());
  const size_t stride = GemmRowBytes(weights.operands(), weights.n_in());
  const auto padded = MakeAlignedArray<uint8_t>(kGemmRowBlock * stride);
  std::memset(padded.get(), 0, kGemmRowBlock * stride);
  for (size_t i = 0; i < rows; ++i) {
    std::memcpy(&padded[i * stride], &a.bytes[i * row_bytes], row_bytes);
  }
  const auto tile = MakeAlignedArray<uint32_t>(kGemmRowBlock * kGemmColumnBlock);
  const auto scratch = MakeAlignedArray<uint8_t>(weights.scratch_bytes());
  std::vector<uint32_t> out(rows * weights.n_out());
  for (size_t block = 0; block < weights.blocks(); ++block) {
    weights.Multiply(block, padded.get(), rows, tile.get(), scratch.get());
    for (size_t i = 0; i < rows; ++i) {
      std::memcpy(&out[i * weights.n_out() + block * kGemmColumnBlock], &tile[i * kGemmColumnBlock],
                  weights.block_columns(block) * 4);
    }
  }
  return out;
}

GemmWeights Pack(GemmOperands type, Shape shape, const Operands& w) {
  GemmWeights weights(type, shape.n_in, shape.n_out);
  const size_t row_bytes = shape.n_in * GemmWeightBytes(type);
  for (size_t block = 0; block < weights.blocks(); ++block) {
    weights.PackBlock(block, &w.bytes[block * kGemmColumnBlock * row_bytes]);
  }
  return weights;
}

void ExpectTheDoubleReference(GemmOperands type) {
  for (const Shape shape : kShapes) {
    const size_t rows = 19;
    const Operands a = RandomOperands(type, false, rows * shape.n_in, 1);
    const Operands w = RandomOperands(type, true, shape.n_out * shape.n_in, 2);
    const std::vector<uint32_t> y = Product(Pack(type, shape, w), a, rows);
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = 0; j < shape.n_out; ++j) {
        double sum = 0, magnitude = 0;
        for (size_t k = 0; k < shape.n_in; ++k) {
          const double term = a.values[i * shape.n_in + k] * w.values[j * shape.n_in + k];
          sum += term;
          magnitude += std::abs(term);
        }
        const uint32_t bits = y[i * shape.n_out + j];
        if (IsByteProduct(type)) {
          // 255 * 2^15 * 8192 < 2^53: the sum is exact.
          ASSERT_EQ(bits, static_cast<uint32_t>(static_cast<int64_t>(sum)));
        } else {
          // n additions in binary32, each off by at most half an ulp of a partial sum, which is
          // no larger than the sum of magnitudes.
          ASSERT_NEAR(std::bit_cast<float>(bits), sum, shape.n_in * 0x1p-24 * magnitude + 1e-30);
        }
      }
    }
  }
}

class GemmTest : public testing::TestWithParam<GemmOperands> {};

TEST_P(GemmTest, EqualsTheDoubleReference) { ExpectTheDoubleReference(GetParam()); }

TEST_P(GemmTest, EqualsTheDoubleReferenceOnAProcessorThatHasLess) {
  CpuFeatures old = Cpu();
  old.avx512_bf16 = old.amx_bf16 = old.avx512_vnni = old.amx_int8 = false;
  OverrideCpuForTesting(&old);
  ExpectTheDoubleReference(GetParam());
  OverrideCpuForTesting(nullptr);
}

TEST_P(GemmTest, ARowHasTheSameBitsWhateverSurroundsIt) {
  const GemmOperands type = GetParam();
  for (const Shape shape : {Shape{64, 64},
                            {172, 300},
                            {2048, 256},
                            {8192, 256},
                            {8, 8},
                            {8, 24},
                            {16, 32},
                            {12, 262}}) {
    const Operands w = RandomOperands(type, true, shape.n_out * shape.n_in, 3);
    const GemmWeights weights = Pack(GetParam(), shape, w);
    const Operands a = RandomOperands(type, false, kGemmRowBlock * shape.n_in, 4);
    const std::vector<uint32_t> all = Product(weights, a, kGemmRowBlock);
    for (size_t rows : {1, 2, 15, 16, 17, 33, 64, 100, 127, 250, 511}) {
      const std::vector<uint32_t> some = Product(weights, a, rows);
      EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin())) << rows;
    }
    const size_t row_bytes = shape.n_in * GemmOperandBytes(type);
    for (size_t row : {1, 14, 50, 127, 500}) {
      Operands one;
      one.bytes.assign(&a.bytes[row * row_bytes], &a.bytes[row * row_bytes] + row_bytes);
      const std::vector<uint32_t> alone = Product(weights, one, 1);
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), &all[row * shape.n_out])) << row;
    }
  }
}

// Half the memory, and no other bit.
TEST(NarrowedGemmTest, EqualsF32) {
  for (const Shape shape : kShapes) {
    constexpr size_t kRows = 37;
    const Operands a = RandomOperands(GemmOperands::kF32, false, kRows * shape.n_in, 5);
    const Operands w = RandomOperands(GemmOperands::kF32ByBf16, true, shape.n_out * shape.n_in, 6);
    const GemmWeights wide = Pack(GemmOperands::kF32, shape, w);
    const GemmWeights narrow = Pack(GemmOperands::kF32ByBf16, shape, w);
    EXPECT_EQ(2 * narrow.packed_bytes(), wide.packed_bytes());
    EXPECT_EQ(Product(narrow, a, kRows), Product(wide, a, kRows));
  }
}

// The ends of what two planes of signed bytes can hold.
TEST(TwoPlaneGemmTest, TakesEveryWeightThatItSaysItTakes) {
  constexpr Shape kShape{.n_in = 2 * kMaxTwoByteWeight + 1, .n_out = 1};
  Operands w{std::vector<uint8_t>(2 * kShape.n_in), {}};
  for (size_t i = 0; i < kShape.n_in; ++i) {
    const auto value = static_cast<int16_t>(static_cast<int>(i) - kMaxTwoByteWeight);
    std::memcpy(&w.bytes[2 * i], &value, 2);
  }
  const GemmWeights weights = Pack(GemmOperands::kU8S16, kShape, w);
  std::mt19937 rng(7);
  Operands a{std::vector<uint8_t>(kShape.n_in), {}};
  uint32_t sum = 0;
  for (size_t i = 0; i < kShape.n_in; ++i) {
    a.bytes[i] = static_cast<uint8_t>(rng());
    sum += a.bytes[i] * static_cast<uint32_t>(static_cast<int>(i) - kMaxTwoByteWeight);
  }
  EXPECT_EQ(Product(weights, a, 1), std::vector<uint32_t>{sum});
}

INSTANTIATE_TEST_SUITE_P(Operands, GemmTest,
                         testing::Values(GemmOperands::kF32, GemmOperands::kF32ByBf16,
                                         GemmOperands::kBf16, GemmOperands::kU8S8,
                                         GemmOperands::kU8S16));

}  // namespace
}  // namespace sotto
