// The innermost loops of gemm_direct.h: a few rows times one strip of columns over one panel of k.
#ifndef SOTTO_KERNELS_GEMM_MICRO_H_
#define SOTTO_KERNELS_GEMM_MICRO_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace sotto {

// 12 x 32 sums fill 24 of the 32 vector registers; 2 multiply-adds for each broadcast of A.
inline constexpr size_t kMicroRows = 12, kStripColumns = 32;

struct MicroArgs {
  const uint32_t* a = nullptr;  // Rows of words, a_stride words apart.
  size_t a_stride = 0;
  const uint32_t* strip = nullptr;  // [words, kStripColumns], 64-byte aligned.
  size_t words = 0;
  uint32_t* c = nullptr;    // [rows, kStripColumns] 32-bit sums, kGemmColumnBlock apart.
  bool accumulate = false;  // Adds to c rather than overwriting it.
};
using MicroKernel = void (*)(const MicroArgs&);
// Entry i handles i + 1 rows.
using MicroKernelTable = std::array<MicroKernel, kMicroRows>;

const MicroKernelTable& F32MicroKernels();   // Cpu().avx512
const MicroKernelTable& Bf16MicroKernels();  // and avx512_bf16
const MicroKernelTable& U8S8MicroKernels();  // and avx512_vnni

}  // namespace sotto

#endif  // SOTTO_KERNELS_GEMM_MICRO_H_
