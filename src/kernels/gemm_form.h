// Which form products take on this processor, and its conversions. Internal to gemm.cc.
#ifndef SOTTO_KERNELS_GEMM_FORM_H_
#define SOTTO_KERNELS_GEMM_FORM_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/gemm.h"

namespace sotto {

// bf16 numbers have exact products in f32, where they are summed either way. Below AVX512-VNNI and
// AMX, processors sum the products of two pairs of bytes in 16 bits, saturating: 2 x 127 x 128
// fits, 2 x 255 x 128 does not.
GemmForm GemmFormOf(GemmOperands operands);

// W's f32 numbers whose lower halves are zero, and the upper halves.
void NarrowWeights(std::span<const uint32_t> wide, uint16_t* narrow);
void WidenWeights(const uint16_t* narrow, std::span<uint32_t> wide);

// A's first `rows` rows of n_in elements, GemmRowBytes() apart in both.
void WidenRows(const void* bf16, size_t rows, size_t n_in, void* f32);
// Of every byte the low seven bits, or the high one.
void LowBits(const void* bytes, size_t rows, size_t n_in, void* low);
void HighBits(const void* bytes, size_t rows, size_t n_in, void* high);

// The product of the low bits += 128 x that of the high ones: tiles of `rows` x `columns` words,
// kGemmColumnBlock apart.
void AddHighTile(const uint32_t* high, size_t rows, size_t columns, uint32_t* tile);

}  // namespace sotto

#endif  // SOTTO_KERNELS_GEMM_FORM_H_
