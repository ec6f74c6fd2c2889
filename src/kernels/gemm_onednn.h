// The oneDNN primitives of one block shape, k x columns, for each number of rows worth having.
// oneDNN reports through exceptions; shapes are checked before they come here, so that one thrown
// is a bug of ours, and noexcept stops the process.
#ifndef SOTTO_KERNELS_GEMM_ONEDNN_H_
#define SOTTO_KERNELS_GEMM_ONEDNN_H_

#include <cstddef>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kernels/gemm_kernel.h"

namespace sotto {

class OneDnnGemmKernel : public GemmKernel {
 public:
  OneDnnGemmKernel(GemmOperands operands, size_t k, size_t columns) noexcept;

  size_t packed_bytes() const override { return packed_bytes_; }
  size_t scratch_bytes() const override { return scratch_bytes_; }
  void Pack(const void* rows, void* packed) const noexcept override;
  void Multiply(const void* a, size_t rows, const void* packed, void* tile,
                void* scratch) const noexcept override;

 private:
  // A product of exactly `rows` rows.
  struct Variant {
    size_t rows;
    dnnl::matmul matmul;
    dnnl::memory::desc a, packed, tile, scratchpad;
    std::string implementation;
  };
  std::optional<Variant> MakeVariant(size_t rows, const dnnl::memory::desc& packed) const;
  // Whether both give equal rows of A the same bits, wherever they stand.
  bool SameBits(const Variant& base, const Variant& other) const;
  void Execute(const Variant& variant, const void* a, const void* packed, void* tile,
               void* scratch) const;
  void Reorder(const Variant& variant, const void* rows, void* packed) const;

  GemmOperands operands_;
  size_t k_, columns_;
  size_t packed_bytes_ = 0, scratch_bytes_ = 0;
  // Largest number of rows first; SameBits() holds between any two.
  std::vector<Variant> variants_;
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_GEMM_ONEDNN_H_
