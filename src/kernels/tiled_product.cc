#include "kernels/tiled_product.h"

#include <algorithm>
#include <cstring>

#include "absl/functional/function_ref.h"
#include "base/check.h"
#include "base/float_types.h"
#include "base/integers.h"
#include "kernels/ring_planes.h"

namespace sotto {
namespace {

// Left operands in memory at a time: more brings nothing, and long inputs would take gigabytes.
constexpr size_t kOperandBytes = size_t{64} << 20;
constexpr size_t kTileBytes = kGemmRowBlock * kGemmColumnBlock * sizeof(uint32_t);

// Rows of the left operand that one token takes.
size_t RowsPerToken(const GemmWeights& weights) {
  return IsByteProduct(weights.operands()) ? kRingPlanes : 1;
}

// How `tokens` rows are cut into blocks of the left operand, and where these stand in memory.
struct BlockPlan {
  BlockPlan(const GemmWeights& weights, size_t tokens)
      : tokens(tokens),
        tokens_per_block(kGemmRowBlock / RowsPerToken(weights)),
        block_bytes(kGemmRowBlock * GemmRowBytes(weights.operands(), weights.n_in())),
        blocks(CeilDiv(tokens, tokens_per_block)),
        blocks_at_once(std::min(blocks, std::max(size_t{1}, kOperandBytes / block_bytes))),
        worker_bytes(kTileBytes + CeilDiv(weights.scratch_bytes(), 64) * 64) {}

  size_t begin(size_t block) const { return block * tokens_per_block; }
  size_t size(size_t block) const { return std::min(tokens_per_block, tokens - begin(block)); }
  size_t operand_bytes() const { return blocks_at_once * block_bytes; }

  size_t tokens, tokens_per_block, block_bytes, blocks, blocks_at_once;
  size_t worker_bytes;  // A tile, then what GemmWeights::Multiply asks for.
};

// How tokens become rows of the left operand and come back from a tile.
struct RowCodec {
  // Writes the operand rows of tokens [begin, begin + count).
  absl::FunctionRef<void(size_t begin, size_t count, uint8_t* operand)> encode;
  // Stores the answers of those tokens, columns [column, column + columns), from a tile.
  absl::FunctionRef<void(size_t begin, size_t count, size_t column, size_t columns,
                         const uint8_t* tile)>
      decode;
};

// Blocks [first, first + count) of the plan.
void MultiplyBlocks(const GemmWeights& weights, const RowCodec& codec, const BlockPlan& plan,
                    size_t first, size_t count, std::span<uint8_t> workspace, ThreadPool& pool) {
  uint8_t* const operand = workspace.data();
  uint8_t* const workers = operand + plan.operand_bytes();
  pool.ParallelFor(count, [&](size_t b, int) {
    const size_t block = first + b;
    codec.encode(plan.begin(block), plan.size(block), operand + b * plan.block_bytes);
  });

  // A few tasks a thread, so that all end together; a task keeps one block of columns in cache.
  const size_t wanted = 4 * static_cast<size_t>(pool.threads());
  const size_t groups = std::clamp(CeilDiv(wanted, weights.blocks()), size_t{1}, count);
  pool.ParallelFor(weights.blocks() * groups, [&](size_t task, int worker) {
    const size_t columns = task / groups, group = task % groups;
    uint8_t* const tile = workers + static_cast<size_t>(worker) * plan.worker_bytes;
    for (size_t b = count * group / groups; b < count * (group + 1) / groups; ++b) {
      const size_t block = first + b, tokens = plan.size(block);
      weights.Multiply(columns, operand + b * plan.block_bytes, tokens * RowsPerToken(weights),
                       tile, tile + kTileBytes);
      codec.decode(plan.begin(block), tokens, columns * kGemmColumnBlock,
                   weights.block_columns(columns), tile);
    }
  });
}

void MultiplyTiles(const GemmWeights& weights, const RowCodec& codec, size_t tokens,
                   std::span<uint8_t> workspace, ThreadPool& pool) {
  const BlockPlan plan(weights, tokens);
  SOTTO_CHECK(workspace.size() >= TiledProductBytes(weights, tokens, pool.threads()));
  SOTTO_CHECK(reinterpret_cast<uintptr_t>(workspace.data()) % 64 == 0);
  for (size_t first = 0; first < plan.blocks; first += plan.blocks_at_once) {
    const size_t count = std::min(plan.blocks_at_once, plan.blocks - first);
    MultiplyBlocks(weights, codec, plan, first, count, workspace, pool);
  }
}

template <typename T>
void CheckShapes(const GemmWeights& weights, ConstMatrixView<T> x, MatrixView<T> y) {
  SOTTO_CHECK(x.cols() == weights.n_in() && y.cols() == weights.n_out() && x.rows() == y.rows());
}

}  // namespace

void PackRingBlock(GemmWeights& weights, size_t block, ConstMatrixView<int16_t> w) {
  SOTTO_CHECK(w.rows() == weights.block_columns(block) && w.cols() == weights.n_in());
  SOTTO_CHECK(IsByteProduct(weights.operands()) && w.stride() == w.cols());
  if (weights.operands() == GemmOperands::kU8S16) return weights.PackBlock(block, w.data());
  const auto narrow = MakeAlignedArray<int8_t>(w.size());
  std::transform(w.data(), w.data() + w.size(), narrow.get(),
                 [](int16_t v) { return static_cast<int8_t>(v); });
  weights.PackBlock(block, narrow.get());
}

size_t TiledProductBytes(const GemmWeights& weights, size_t tokens, int threads) {
  const BlockPlan plan(weights, tokens);
  return plan.operand_bytes() + plan.worker_bytes * static_cast<size_t>(threads);
}

void MultiplyFloatTiled(const GemmWeights& weights, ConstMatrixView<float> x, MatrixView<float> y,
                        std::span<uint8_t> workspace, ThreadPool& pool) {
  CheckShapes(weights, x, y);
  SOTTO_CHECK(!IsByteProduct(weights.operands()));
  const size_t n = weights.n_in();
  const size_t row_bytes = GemmRowBytes(weights.operands(), n);
  const bool bf16 = weights.operands() == GemmOperands::kBf16;
  const auto encode = [&](size_t begin, size_t count, uint8_t* operand) {
    for (size_t i = 0; i < count; ++i) {
      const float* row = x.row(begin + i);
      if (bf16) {
        auto* out = reinterpret_cast<BFloat16*>(operand + i * row_bytes);
        std::transform(row, row + n, out, [](float v) { return ToBFloat16(v); });
      } else {
        std::memcpy(operand + i * row_bytes, row, n * sizeof(float));
      }
    }
  };
  const auto decode = [&](size_t begin, size_t count, size_t column, size_t columns,
                          const uint8_t* tile) {
    for (size_t i = 0; i < count; ++i) {
      std::memcpy(y.row(begin + i) + column, tile + i * kGemmColumnBlock * sizeof(float),
                  columns * sizeof(float));
    }
  };
  MultiplyTiles(weights, {encode, decode}, x.rows(), workspace, pool);
}

void MultiplyRingTiled(const GemmWeights& weights, ConstMatrixView<uint32_t> x,
                       MatrixView<uint32_t> y, std::span<uint8_t> workspace, ThreadPool& pool) {
  CheckShapes(weights, x, y);
  SOTTO_CHECK(IsByteProduct(weights.operands()));
  const size_t n = weights.n_in();
  const size_t row_bytes = GemmRowBytes(weights.operands(), n);
  // Plane p of `count` tokens takes operand rows [p * count, (p + 1) * count).
  const auto encode = [&](size_t begin, size_t count, uint8_t* operand) {
    for (size_t i = 0; i < count; ++i) {
      RingPlanes<uint8_t> planes;
      for (size_t p = 0; p < kRingPlanes; ++p) planes[p] = operand + (p * count + i) * row_bytes;
      SplitRingRow(x.row(begin + i), n, planes);
    }
  };
  const auto decode = [&](size_t begin, size_t count, size_t column, size_t columns,
                          const uint8_t* tile) {
    const auto* words = reinterpret_cast<const uint32_t*>(tile);
    for (size_t i = 0; i < count; ++i) {
      RingPlanes<const uint32_t> planes;
      for (size_t p = 0; p < kRingPlanes; ++p) {
        planes[p] = words + (p * count + i) * kGemmColumnBlock;
      }
      CombineRingPlanes(planes, columns, y.row(begin + i) + column);
    }
  };
  MultiplyTiles(weights, {encode, decode}, x.rows(), workspace, pool);
}

void MultiplyRingPortable(ConstMatrixView<uint32_t> x, ConstMatrixView<int16_t> w,
                          MatrixView<uint32_t> y) {
  for (size_t t = 0; t < x.rows(); ++t) {
    for (size_t j = 0; j < w.rows(); ++j) {
      uint32_t sum = 0;
      for (size_t i = 0; i < w.cols(); ++i) {
        sum += x(t, i) * static_cast<uint32_t>(int32_t{w(j, i)});
      }
      y(t, j) = sum;
    }
  }
}

}  // namespace sotto
