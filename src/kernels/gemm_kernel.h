// The oneDNN primitives of one block shape, k x columns, for each number of rows worth having.
// oneDNN reports through exceptions; shapes are checked before they come here, so that one thrown
// is a bug of ours, and noexcept stops the process.
#ifndef SOTTO_KERNELS_GEMM_KERNEL_H_
#define SOTTO_KERNELS_GEMM_KERNEL_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kernels/gemm.h"

namespace sotto {

// Whether oneDNN may use these instructions in this process, whatever the processor has.
bool OneDnnUses(dnnl::cpu_isa isa);

// Immutable; thread-safe.
class GemmKernel {
 public:
  // From a process-wide table, so that layers of one shape share the generated code. It keeps them
  // all: memory is planned before there are weights, and making a kernel takes milliseconds.
  static std::shared_ptr<const GemmKernel> Get(GemmOperands operands, size_t k, size_t columns);

  GemmKernel(GemmOperands operands, size_t k, size_t columns) noexcept;

  // Size of a packed block, a multiple of 64.
  size_t packed_bytes() const { return packed_bytes_; }
  // Working memory of Multiply().
  size_t scratch_bytes() const { return scratch_bytes_; }
  // As GemmWeights::row_unit().
  size_t row_unit() const { return std::max(kGemmRowUnit, variants_.back().rows); }
  // rows: [columns, k] row-major.
  void Pack(const void* rows, void* packed) const noexcept;
  // As GemmWeights::Multiply.
  void Multiply(const void* a, size_t rows, const void* packed, void* tile,
                void* scratch) const noexcept;

 private:
  // A product of exactly `rows` rows.
  struct Variant {
    size_t rows;
    dnnl::matmul matmul;
    dnnl::memory::desc a, packed, tile, scratchpad;
    std::string implementation;
    bool moves_stack;  // Its code lets the stack pointer point into the heap.
    uint64_t id;       // Unique in the process.
  };
  std::optional<Variant> MakeVariant(size_t rows, const dnnl::memory::desc& packed) const;
  class Comparison;
  class Call;
  void Execute(const Variant& variant, const void* a, const void* packed, void* tile,
               void* scratch) const;
  void Reorder(const Variant& variant, const void* rows, void* packed) const;

  GemmOperands operands_;
  size_t k_, columns_;
  size_t packed_bytes_ = 0, scratch_bytes_ = 0;
  // Largest number of rows first; equal rows have the same bits in any of them.
  std::vector<Variant> variants_;
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_GEMM_KERNEL_H_
