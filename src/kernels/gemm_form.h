// Which form products take on this processor, and its conversions. Internal to gemm.cc.
#ifndef SOTTO_KERNELS_GEMM_FORM_H_
#define SOTTO_KERNELS_GEMM_FORM_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/float_types.h"
#include "kernels/gemm.h"

namespace sotto {

// bf16 numbers have exact products in f32, where they are summed either way. Below AVX512-VNNI and
// AMX, processors sum the products of two pairs of bytes in 16 bits, saturating: 2 x 127 x 128
// fits, 2 x 255 x 128 does not.
GemmForm GemmFormOf(GemmOperands operands);
// Of a block that was packed to `packed_bytes`, as it is kept.
size_t KeptGemmBytes(const GemmForm& form, size_t packed_bytes);

// W's f32 numbers whose lower halves are zero, and the upper halves.
void NarrowWeights(std::span<const uint32_t> wide, uint16_t* narrow);
void WidenWeights(const BFloat16* narrow, std::span<float> wide);

// A's first `rows` rows of n_in elements, GemmRowBytes() apart in both.
void WidenRows(const void* bf16, size_t rows, size_t n_in, void* f32);
// W = low + 2^kPlaneBits high, both signed bytes: |W| is at most kMaxTwoByteWeight.
inline constexpr int kPlaneBits = 8;
void LowPlane(std::span<const int16_t> weights, int8_t* low);
void HighPlane(std::span<const int16_t> weights, int8_t* high);

// Of every byte the low kLowBits bits, or the high one.
inline constexpr int kLowBits = 7;
void LowBits(const void* bytes, size_t rows, size_t n_in, void* low);
void HighBits(const void* bytes, size_t rows, size_t n_in, void* high);

// tile += high x 2^bits: tiles of `rows` x `columns` words, kGemmColumnBlock apart.
void AddShiftedTile(const uint32_t* high, int bits, size_t rows, size_t columns, uint32_t* tile);

}  // namespace sotto

#endif  // SOTTO_KERNELS_GEMM_FORM_H_
