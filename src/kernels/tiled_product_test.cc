#include "kernels/tiled_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "base/float_types.h"
#include "kernels/reference.h"

namespace sotto {
namespace {

// Odd sizes: n_in is no multiple of a vector, n_out none of a column block; tokens fill less than
// one block of rows, one, and several.
constexpr size_t kInputs = 67, kOutputs = 300;
constexpr size_t kTokenCounts[] = {1, 5, 128, 129, 300, 513};

template <typename T>
std::vector<std::vector<T>> RowsOf(ConstMatrixView<T> m) {
  std::vector<std::vector<T>> rows;
  for (size_t i = 0; i < m.rows(); ++i) rows.emplace_back(m.row(i), m.row(i) + m.cols());
  return rows;
}

template <typename T>
GemmWeights Packed(GemmOperands operands, ConstMatrixView<T> w) {
  GemmWeights weights(operands, w.cols(), w.rows());
  for (size_t b = 0; b < weights.blocks(); ++b) weights.PackBlock(b, w.row(b * kGemmColumnBlock));
  return weights;
}

struct Workspace {
  Workspace(const GemmWeights& weights, size_t tokens, int threads)
      : size(TiledProductBytes(weights, tokens, threads)), data(MakeAlignedArray<uint8_t>(size)) {}
  std::span<uint8_t> span() { return {data.get(), size}; }

  size_t size;
  AlignedArray<uint8_t> data;
};

// `w`: what `weights` hold.
void ExpectRingProducts(const GemmWeights& weights, ConstMatrixView<int16_t> w) {
  std::mt19937 rng(1);
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    for (const size_t tokens : kTokenCounts) {
      Matrix<uint32_t> x(tokens, kInputs), y(tokens, kOutputs), portable(tokens, kOutputs);
      for (size_t i = 0; i < x.view().size(); ++i) x.view().data()[i] = rng();
      x.view()(0, 0) = 0xffffffffu;
      Workspace workspace(weights, tokens, threads);
      MultiplyRingTiled(weights, x.view(), y.view(), workspace.span(), pool);
      MultiplyRingPortable(x.view(), w, portable.view());
      const auto truth = reference::RingMatMul(RowsOf<uint32_t>(x.view()), RowsOf<int16_t>(w));
      EXPECT_EQ(RowsOf<uint32_t>(y.view()), truth) << tokens << " tokens";
      EXPECT_EQ(RowsOf<uint32_t>(portable.view()), truth) << tokens << " tokens";
    }
  }
}

TEST(TiledProductTest, RingProductsEqualTheDefinition) {
  std::mt19937 rng(3);
  Matrix<int8_t> w(kOutputs, kInputs);
  Matrix<int16_t> wide(kOutputs, kInputs);
  for (size_t i = 0; i < w.view().size(); ++i) {
    wide.view().data()[i] = w.view().data()[i] = static_cast<int8_t>(rng());
  }
  ExpectRingProducts(Packed<int8_t>(GemmOperands::kU8S8, w.view()), wide.view());
}

TEST(TiledProductTest, RingProductsWithTwoByteWeightsEqualTheDefinition) {
  std::mt19937 rng(4);
  Matrix<int16_t> w(kOutputs, kInputs);
  for (size_t i = 0; i < w.view().size(); ++i) {
    const int value = static_cast<int>(rng() % (2 * kMaxTwoByteWeight + 1)) - kMaxTwoByteWeight;
    w.view().data()[i] = static_cast<int16_t>(value);
  }
  ExpectRingProducts(Packed<int16_t>(GemmOperands::kU8S16, w.view()), w.view());
}

// A sum of n products of numbers below 1, in f32: n roundings of at most n * 2^-24 each. bf16
// operands and their products are exact in f32.
void ExpectFloatProducts(GemmOperands operands) {
  std::mt19937 rng(2);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  const bool bf16 = operands == GemmOperands::kBf16;
  const auto draw = [&] { return bf16 ? ToFloat(ToBFloat16(uniform(rng))) : uniform(rng); };
  Matrix<float> w(kOutputs, kInputs);
  Matrix<BFloat16> narrow(kOutputs, kInputs);
  for (size_t i = 0; i < w.view().size(); ++i) {
    w.view().data()[i] = draw();
    narrow.view().data()[i] = ToBFloat16(w.view().data()[i]);
  }
  const GemmWeights weights =
      bf16 ? Packed<BFloat16>(operands, narrow.view()) : Packed<float>(operands, w.view());
  const double tolerance = kInputs * kInputs * 0x1p-24;
  ThreadPool pool(3);
  for (const size_t tokens : kTokenCounts) {
    Matrix<float> x(tokens, kInputs), y(tokens, kOutputs);
    for (size_t i = 0; i < x.view().size(); ++i) x.view().data()[i] = draw();
    Workspace workspace(weights, tokens, pool.threads());
    MultiplyFloatTiled(weights, x.view(), y.view(), workspace.span(), pool);
    for (size_t t = 0; t < tokens; ++t) {
      for (size_t j = 0; j < kOutputs; ++j) {
        double truth = 0;
        for (size_t i = 0; i < kInputs; ++i) truth += double{x.view()(t, i)} * w.view()(j, i);
        ASSERT_NEAR(y.view()(t, j), truth, tolerance) << tokens << " tokens: " << t << ", " << j;
      }
    }
  }
}

TEST(TiledProductTest, FloatProductsEqualTheReference) { ExpectFloatProducts(GemmOperands::kF32); }

TEST(TiledProductTest, Bf16ProductsEqualTheReference) { ExpectFloatProducts(GemmOperands::kBf16); }

}  // namespace
}  // namespace sotto
