// Products by code of our own, for processors with 512-bit vectors: AVX512 for f32, AVX512-BF16 for
// bf16, AVX512-VNNI for bytes. Where the tile unit (AMX) multiplies faster, oneDNN uses it instead.
//
// All operand types are handled as 32-bit words along k: one f32, two bf16 or four bytes, the unit
// that one lane of a multiply-add takes. A packed block is, for each panel of kPanelWords words of
// k, for each strip of kStripColumns columns: the words, [panel words, kStripColumns]. So the inner
// loop reads it front to back. The sums of a panel stay in registers, those of the panels before
// are in the tile: k in rising order, whatever the number of rows.
#ifndef SOTTO_KERNELS_GEMM_DIRECT_H_
#define SOTTO_KERNELS_GEMM_DIRECT_H_

#include "kernels/gemm_kernel.h"
#include "kernels/gemm_micro.h"

namespace sotto {

class DirectGemmKernel : public GemmKernel {
 public:
  // Whether this processor has the instructions, and rows of k elements are whole words.
  static bool Supports(GemmOperands operands, size_t k);

  DirectGemmKernel(GemmOperands operands, size_t k, size_t columns);

  size_t packed_bytes() const override;
  size_t scratch_bytes() const override { return 0; }
  void Pack(const void* rows, void* packed) const override;
  void Multiply(const void* a, size_t rows, const void* packed, void* tile,
                void* scratch) const override;

 private:
  size_t strips() const;

  const MicroKernelTable& micro_kernels_;
  const size_t words_;  // Of a row.
  const size_t row_stride_words_;
  const size_t columns_;
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_GEMM_DIRECT_H_
