// Matrix products C[m, n] = A[m, k] W[n, k]^T against a weight reordered once, by oneDNN, one
// column block at a time and on the calling thread alone: the caller's pool spreads the blocks.
#ifndef SOTTO_KERNELS_GEMM_H_
#define SOTTO_KERNELS_GEMM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "sotto/precision.h"

namespace sotto {

enum class GemmOperands {
  kF32,  // f32 x f32 -> f32
  // The same to the bit where all of W is bf16 numbers: W is kept as such, in half the memory, and
  // a block of it is widened whenever it is multiplied.
  kF32ByBf16,
  kBf16,  // bf16 x bf16 -> f32, accumulated in f32
  kU8S8,  // A unsigned, W signed bytes -> s32, exact modulo 2^32
  // A unsigned bytes, W numbers of 16 bits within kMaxTwoByteWeight -> s32, exact modulo 2^32. W is
  // kept, and multiplied, as two planes of signed bytes.
  kU8S16,
};
inline constexpr int kMaxTwoByteWeight = 127 * 256 + 127;
// Whether A is bytes and C words modulo 2^32.
inline constexpr bool IsByteProduct(GemmOperands operands) {
  return operands == GemmOperands::kU8S8 || operands == GemmOperands::kU8S16;
}
// What fixed-point weights of so many bits are multiplied as.
inline constexpr GemmOperands RingOperandsOf(FixedWeights width) {
  return width == FixedWeights::k12Bits ? GemmOperands::kU8S16 : GemmOperands::kU8S8;
}
// Bytes of one element of A, and of W as PackBlock() takes it. Elements of C have four.
size_t GemmOperandBytes(GemmOperands operands);
size_t GemmWeightBytes(GemmOperands operands);
// Whether this CPU multiplies them directly. Without, bf16 is multiplied at the speed of f32, and
// bytes, exactly all the same, at a fraction of theirs.
bool GemmIsNative(GemmOperands operands);

// Rows multiplied in one call at most, and the unit that the work is rounded up to.
inline constexpr size_t kGemmRowBlock = 512, kGemmRowUnit = 16;
// Columns of a block of W; the last block of a weight may have fewer.
inline constexpr size_t kGemmColumnBlock = 256;
inline size_t RoundUpToGemmRows(size_t rows) {
  return (rows + kGemmRowUnit - 1) / kGemmRowUnit * kGemmRowUnit;
}

// Bytes from one row of A to the next: the row in whole cache lines and no more. One line further
// apart, oneDNN multiplied bf16 a sixth slower at the shapes of a 1B model.
inline size_t GemmRowBytes(GemmOperands operands, size_t n_in) {
  return (n_in * GemmOperandBytes(operands) + 63) / 64 * 64;
}

class GemmKernel;  // gemm_kernel.h

// What products are computed in: directly, or through operands that the processor is better at.
struct GemmForm {
  GemmOperands multiplied;      // kF32, kBf16 or kU8S8: what oneDNN is given.
  bool narrow_weights = false;  // W is kept in bf16, and a block widened before it is multiplied.
  bool widen_rows = false;      // A is bf16, and widened, too.
  bool split_rows = false;  // A is bytes, multiplied as their low seven bits and their high one.
  bool two_planes = false;  // W is 16 bits wide: its low bytes, signed, and what is left.
};

// A packed weight [n_out, n_in].
class GemmWeights {
 public:
  GemmWeights(GemmOperands operands, size_t n_in, size_t n_out);
  // In `memory` of PackedBytes(operands, n_in, n_out).
  GemmWeights(GemmOperands operands, size_t n_in, size_t n_out, AlignedArray<uint8_t> memory);
  GemmWeights(GemmWeights&&) noexcept = default;
  GemmWeights& operator=(GemmWeights&&) noexcept = default;

  // packed_bytes() and scratch_bytes() of a weight that need not exist.
  static size_t PackedBytes(GemmOperands operands, size_t n_in, size_t n_out);
  static size_t ScratchBytes(GemmOperands operands, size_t n_in, size_t n_out);

  GemmOperands operands() const { return operands_; }
  size_t n_in() const { return n_in_; }
  size_t n_out() const { return n_out_; }
  size_t blocks() const { return (n_out_ + kGemmColumnBlock - 1) / kGemmColumnBlock; }
  size_t block_columns(size_t block) const;
  // All packed blocks, in one piece of memory.
  size_t packed_bytes() const { return packed_bytes_; }
  std::span<uint8_t> packed() { return {packed_.get(), packed_bytes_}; }
  // One of them, in the order in which Multiply() first reads it.
  std::span<const uint8_t> PackedBlock(size_t block) const;

  // Fills block `block` from its rows of W, [block_columns, n_in], contiguous, in the operand type;
  // for kF32ByBf16 in f32, of which the upper 16 bits count. Thread-safe for different blocks.
  void PackBlock(size_t block, const void* rows);

  // tile[rows, block_columns] = a[rows, n_in] times the block, rows <= kGemmRowBlock. Rows of
  // `a` are GemmRowBytes() apart; a and tile have room for kGemmRowBlock rows (rows of a beyond
  // `rows` may be read, and those of the tile overwritten); tile rows are kGemmColumnBlock elements
  // apart. `scratch` has scratch_bytes(), 64-byte aligned, the calling thread's own. Thread-safe.
  // Each row of the tile has the same bits whatever `rows` is and wherever the row stands.
  void Multiply(size_t block, const void* a, size_t rows, void* tile, void* scratch) const;
  size_t scratch_bytes() const { return scratch_bytes_; }
  // Rows are multiplied in multiples of this: a power of two, kGemmRowUnit if the CPU allows it.
  // A part of A that begins at a multiple of it may be multiplied alone.
  size_t row_unit() const { return row_unit_; }

 private:
  const GemmKernel& kernel(size_t block) const;
  // Bytes of a block that the kernel has packed, as they are kept here.
  size_t KeptBytes(size_t packed_bytes) const;
  void PackPlanes(size_t block, const int16_t* rows, uint8_t* kept) const;
  // Multiply() of one plane.
  void MultiplyPlane(size_t block, const uint8_t* packed, const void* a, size_t rows, void* tile,
                     uint8_t* scratch) const;

  GemmOperands operands_;
  GemmForm form_;
  size_t n_in_, n_out_;
  std::shared_ptr<const GemmKernel> full_, last_;
  size_t packed_bytes_ = 0, scratch_bytes_ = 0, row_unit_ = 0;
  // Of the scratch memory, what operands are converted into (gemm_form.h).
  size_t converted_weight_bytes_ = 0, converted_row_bytes_ = 0, converted_tile_bytes_ = 0;
  size_t plane_tile_bytes_ = 0;  // Before those: the tile of W's upper plane.
  AlignedArray<uint8_t> packed_;
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_GEMM_H_
