#include "accelerator/devices/cpu_product.h"

#include <algorithm>
#include <cstring>

#include "absl/functional/function_ref.h"
#include "base/float_types.h"
#include "kernels/ring_planes.h"

namespace sotto {
namespace {

// Left operands in memory at a time: more brings nothing, and long inputs would take gigabytes.
constexpr size_t kOperandBytes = size_t{64} << 20;

// How tokens become rows of the left operand and come back from a tile.
struct RowCodec {
  size_t tokens_per_block;
  size_t operand_rows_per_token;
  // Writes the operand rows of tokens [begin, begin + count).
  absl::FunctionRef<void(size_t begin, size_t count, uint8_t* operand)> encode;
  // Stores the answers of those tokens, columns [column, column + columns), from a tile.
  absl::FunctionRef<void(size_t begin, size_t count, size_t column, size_t columns,
                         const uint8_t* tile)>
      decode;
};

// Tokens of blocks [first, first + count) of a product over `tokens` in all.
void MultiplyBlocks(const GemmWeights& weights, const RowCodec& codec, size_t tokens, size_t first,
                    size_t count, CpuProductBuffers& buffers, ThreadPool& pool) {
  const size_t stride = kGemmRowBlock * GemmRowBytes(weights.operands(), weights.n_in());
  uint8_t* operand = buffers.Operand(count * stride);
  const auto begin = [&](size_t block) { return (first + block) * codec.tokens_per_block; };
  const auto size = [&](size_t block) {
    return std::min(codec.tokens_per_block, tokens - begin(block));
  };
  pool.ParallelFor(count, [&](size_t block, int) {
    codec.encode(begin(block), size(block), operand + block * stride);
  });

  // A few tasks a thread, so that all end together; a task keeps one block of columns in cache.
  const size_t wanted = 4 * static_cast<size_t>(pool.threads());
  const size_t groups =
      std::clamp((wanted + weights.blocks() - 1) / weights.blocks(), size_t{1}, count);
  pool.ParallelFor(weights.blocks() * groups, [&](size_t task, int worker) {
    const size_t columns = task / groups, group = task % groups;
    uint8_t* tile = buffers.Tile(worker);
    uint8_t* scratch = buffers.Scratch(worker, weights.scratch_bytes());
    for (size_t b = count * group / groups; b < count * (group + 1) / groups; ++b) {
      weights.Multiply(columns, operand + b * stride, size(b) * codec.operand_rows_per_token, tile,
                       scratch);
      codec.decode(begin(b), size(b), columns * kGemmColumnBlock, weights.block_columns(columns),
                   tile);
    }
  });
}

void Multiply(const GemmWeights& weights, const RowCodec& codec, size_t tokens,
              CpuProductBuffers& buffers, ThreadPool& pool) {
  const size_t block_bytes = kGemmRowBlock * GemmRowBytes(weights.operands(), weights.n_in());
  const size_t at_once = std::max(size_t{1}, kOperandBytes / block_bytes);
  const size_t blocks = (tokens + codec.tokens_per_block - 1) / codec.tokens_per_block;
  for (size_t first = 0; first < blocks; first += at_once) {
    MultiplyBlocks(weights, codec, tokens, first, std::min(at_once, blocks - first), buffers, pool);
  }
}

}  // namespace

uint8_t* CpuProductBuffers::Buffer::AtLeast(size_t bytes) {
  if (size < bytes) {
    data = nullptr;  // Before the next is made, so that both never exist.
    data = MakeAlignedArray<uint8_t>(bytes);
    size = bytes;
  }
  return data.get();
}

void MultiplyFloatOnCpu(const GemmWeights& weights, ConstMatrixView<float> x, MatrixView<float> y,
                        CpuProductBuffers& buffers, ThreadPool& pool) {
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
  const RowCodec codec{kGemmRowBlock, 1, encode, decode};
  Multiply(weights, codec, x.rows(), buffers, pool);
}

void MultiplyRingOnCpu(const GemmWeights& weights, ConstMatrixView<uint32_t> x,
                       MatrixView<uint32_t> y, CpuProductBuffers& buffers, ThreadPool& pool) {
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
  const RowCodec codec{kGemmRowBlock / kRingPlanes, kRingPlanes, encode, decode};
  Multiply(weights, codec, x.rows(), buffers, pool);
}

}  // namespace sotto
