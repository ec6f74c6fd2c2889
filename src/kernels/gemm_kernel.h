// What multiplies blocks of one shape, k x columns. Two kinds: code of our own for processors that
// we know (gemm_direct.h), oneDNN for all others (gemm_onednn.h).
#ifndef SOTTO_KERNELS_GEMM_KERNEL_H_
#define SOTTO_KERNELS_GEMM_KERNEL_H_

#include <cstddef>
#include <memory>

#include "kernels/gemm.h"

namespace sotto {

// Immutable; thread-safe.
class GemmKernel {
 public:
  virtual ~GemmKernel() = default;

  // From a process-wide table, so that layers of one shape share what is prepared for it.
  static std::shared_ptr<const GemmKernel> Get(GemmBackend backend, GemmOperands operands, size_t k,
                                               size_t columns);

  // Size of a packed block, a multiple of 64.
  virtual size_t packed_bytes() const = 0;
  // Working memory of Multiply().
  virtual size_t scratch_bytes() const = 0;
  // rows: [columns, k] row-major.
  virtual void Pack(const void* rows, void* packed) const = 0;
  // As GemmWeights::Multiply.
  virtual void Multiply(const void* a, size_t rows, const void* packed, void* tile,
                        void* scratch) const = 0;
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_GEMM_KERNEL_H_
