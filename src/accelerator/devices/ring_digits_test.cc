// What the cuda device's kernels do, thread by thread on the host: no GPU is needed.
#include "accelerator/devices/ring_digits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "accelerator/device.h"
#include "accelerator/devices/cuda_padding.h"
#include "accelerator/devices/ring_sums.h"
#include "accelerator/devices/ring_weight_planes.h"
#include "kernels/tiled_product.h"
#include "protocol/keystream.h"

namespace sotto {
namespace {

constexpr auto kLookUp = [](uint32_t x) { return kAesTable.words[x]; };

Seed TestSeed() {
  Seed seed;
  for (size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<uint8_t>(37 * i + 5);
  return seed;
}

// Of the client: OpenSSL's cipher or the processor's instructions.
Matrix<uint32_t> Expanded(const Seed& seed, uint64_t first_word, size_t rows, size_t columns) {
  Matrix<uint32_t> x(rows, columns);
  ExpandSeed(seed, first_word, {x.view().data(), x.view().size()});
  return x;
}

// Device memory of the digits of `rows` of `columns` words, full of what was there before.
struct DigitMemory {
  DigitMemory(size_t rows, size_t columns, size_t planes)
      : layout{nullptr, rows, columns, RoundUpForCuda(rows), RoundUpForCuda(columns), planes},
        bytes(kRingShifts * layout.padded_rows * planes * layout.padded_columns, int8_t{99}) {
    layout.digits = bytes.data();
  }
  // After this, what is not padding has been written once and padding not at all.
  void ExpectOnlyTheMatrixWritten() const {
    for (size_t i = 0; i < bytes.size(); ++i) {
      const size_t row = i / (layout.planes * layout.padded_columns) % layout.padded_rows;
      const size_t column = i % layout.padded_columns;
      const bool is_padding = row >= layout.rows || column >= layout.columns;
      ASSERT_TRUE(!is_padding || bytes[i] == 99) << i;
    }
  }

  RingDigits layout;
  std::vector<int8_t> bytes;
};

void Split(DigitMemory& memory, ConstMatrixView<uint32_t> x) {
  for (size_t n = 0; n < StreamBlocks(0, x.size()); ++n) {
    SplitUploadedBlock(memory.layout, x.data(), n);
  }
}
void Expand(DigitMemory& memory, const Seed& seed, uint64_t first_word) {
  const SeedRows rows{MakeAes256Schedule(seed.data()), first_word};
  const size_t blocks = StreamBlocks(first_word, memory.layout.rows * memory.layout.columns);
  for (size_t n = 0; n < blocks; ++n) ExpandSeedBlock(memory.layout, rows, kLookUp, n);
}

// The tensor cores' product and what joins its sums, for every row and column that is read.
Matrix<uint32_t> Multiplied(const DigitMemory& memory, const RingWeightPlanes& w, size_t n_out) {
  const RingDigits& in = memory.layout;
  const size_t width = in.planes * in.padded_columns;
  Matrix<uint32_t> y(in.rows, n_out);
  for (size_t t = 0; t < in.rows; ++t) {
    for (size_t j = 0; j < n_out; ++j) {
      int32_t sums[kRingShifts] = {};
      for (size_t s = 0; s < kRingShifts; ++s) {
        int64_t sum = 0;
        const int8_t* digits = in.digits + (s * in.padded_rows + t) * width;
        for (size_t i = 0; i < width; ++i) sum += digits[i] * w.weights.view()(j, i);
        sums[s] = static_cast<int32_t>(sum);
        EXPECT_EQ(sums[s], sum) << "does not fit 32 bits";
      }
      y.view()(t, j) = JoinSums({sums, nullptr, 1, 1, 1, 1}, 0);
    }
  }
  return y;
}

struct Sizes {
  size_t rows, n_in, n_out;
};
constexpr Sizes kSizes[] = {{1, 1, 1},   {3, 5, 7},    {5, 32, 3},   {4, 33, 2},
                            {33, 64, 9}, {7, 129, 31}, {2, 127, 65}, {1, 4096, 1}};

Matrix<int16_t> RandomWeights(size_t n_out, size_t n_in, int16_t largest, std::mt19937& random) {
  Matrix<int16_t> w(n_out, n_in);
  std::uniform_int_distribution<int> weight(-largest, largest);
  for (size_t i = 0; i < w.view().size(); ++i) {
    w.view().data()[i] = static_cast<int16_t>(weight(random));
  }
  w.view()(0, 0) = largest;  // So that planes follow from `largest`.
  return w;
}

void ExpectEqual(ConstMatrixView<uint32_t> a, ConstMatrixView<uint32_t> b) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_TRUE(std::equal(a.data(), a.data() + a.size(), b.data()));
}

TEST(RingDigits, ProductsEqualTheDefinition) {
  std::mt19937 random(7);
  for (const Sizes& sizes : kSizes) {
    for (const int16_t largest : {int16_t{127}, kMaxRingWeight}) {
      SCOPED_TRACE(testing::Message() << sizes.rows << "x" << sizes.n_in << " " << largest);
      const Matrix<int16_t> w = RandomWeights(sizes.n_out, sizes.n_in, largest, random);
      const RingWeightPlanes planes = SplitRingWeights(w.view());
      ASSERT_EQ(planes.planes, largest == 127 ? 1u : 2u);
      const Matrix<uint32_t> x = Expanded(TestSeed(), 0, sizes.rows, sizes.n_in);
      DigitMemory memory(sizes.rows, sizes.n_in, planes.planes);
      Split(memory, x.view());
      memory.ExpectOnlyTheMatrixWritten();
      Matrix<uint32_t> truth(sizes.rows, sizes.n_out);
      MultiplyRingPortable(x.view(), w.view(), truth.view());
      ExpectEqual(Multiplied(memory, planes, sizes.n_out).view(), truth.view());
    }
  }
}

TEST(RingDigits, SumsOfTheMostInputsFit) {
  for (const int16_t value : {kMaxRingWeight, static_cast<int16_t>(-kMaxRingWeight), int16_t{1920},
                              int16_t{-1920}, int16_t{-128}}) {
    for (const uint32_t word : {0x7f7f7f7fu, 0x80808080u, 0x7f807f80u, 0xffffffffu}) {
      Matrix<int16_t> w(1, kMaxRingInputs);
      std::fill_n(w.view().data(), w.view().size(), value);
      Matrix<uint32_t> x(1, kMaxRingInputs), truth(1, 1);
      std::fill_n(x.view().data(), x.view().size(), word);
      const RingWeightPlanes planes = SplitRingWeights(w.view());
      DigitMemory memory(1, kMaxRingInputs, planes.planes);
      Split(memory, x.view());
      MultiplyRingPortable(x.view(), w.view(), truth.view());
      ExpectEqual(Multiplied(memory, planes, 1).view(), truth.view());
    }
  }
}

// Rows of a mask begin anywhere in a block of its stream; padding of y is left alone.
TEST(RingDigits, MasksAreAddedAsTheSourceAddsThem) {
  for (const size_t columns : {1u, 4u, 31u, 33u, 64u}) {
    for (const size_t stride : {64u, 65u, 67u}) {
      for (const uint64_t first : {0u, 1u, 2u, 3u, 130u}) {
        SCOPED_TRACE(testing::Message() << columns << " of " << stride << " from " << first);
        constexpr size_t kRows = 5, kPaddedRows = 32;
        const size_t padded = RoundUpForCuda(columns);
        std::vector<int32_t> sums(kRingShifts * kPaddedRows * padded);
        for (size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<int32_t>(i * 2654435761u);
        std::vector<uint32_t> y(kPaddedRows * padded, 7u);
        const RingSums in{sums.data(), y.data(), kRows, columns, kPaddedRows, padded};
        const SeedMask mask{MakeAes256Schedule(TestSeed().data()), first, stride};
        for (size_t n = 0; n < kRows * MaskBlocksOfRow(in); ++n) {
          JoinMaskedBlock(in, mask, kLookUp, n);
        }
        const Matrix<uint32_t> words = Expanded(TestSeed(), first, kRows, stride);
        for (size_t i = 0; i < y.size(); ++i) {
          const size_t t = i / padded, j = i % padded;
          const bool is_padding = t >= kRows || j >= columns;
          ASSERT_EQ(y[i], is_padding ? 7u : JoinSums(in, i) + words.view()(t, j)) << t << "," << j;
        }
      }
    }
  }
}

// Pieces of a matrix begin anywhere in the stream.
TEST(RingDigits, SeedsAreExpandedAsTheClientExpandsThem) {
  const Seed seed = TestSeed();
  for (const Sizes& sizes : kSizes) {
    for (const uint64_t first_word : {0u, 1u, 2u, 3u, 4u, 129u, 4096u}) {
      SCOPED_TRACE(testing::Message() << sizes.rows << "x" << sizes.n_in << " at " << first_word);
      DigitMemory split(sizes.rows, sizes.n_in, 2), expanded(sizes.rows, sizes.n_in, 2);
      Split(split, Expanded(seed, first_word, sizes.rows, sizes.n_in).view());
      Expand(expanded, seed, first_word);
      EXPECT_EQ(expanded.bytes, split.bytes);
    }
  }
}

}  // namespace
}  // namespace sotto
