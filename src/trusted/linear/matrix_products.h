// The seam between attention and whatever multiplies its activations with each other, where that is
// not this process.
#ifndef SOTTO_TRUSTED_LINEAR_MATRIX_PRODUCTS_H_
#define SOTTO_TRUSTED_LINEAR_MATRIX_PRODUCTS_H_

#include <cstddef>

#include "base/matrix.h"
#include "base/status.h"

namespace sotto {

// Thread-safe.
class MatrixProducts {
 public:
  virtual ~MatrixProducts() = default;

  // Bytes that both operands and the product of one call may have together.
  virtual size_t max_bytes() const = 0;

  // y[b] = left[b] right[b]^T for b in [0, batch): left [batch * m, k], right [batch * n, k], y
  // [batch * m, n], all contiguous. Blocks until y is complete. RESOURCE_EXHAUSTED beyond
  // max_bytes(); other errors as Linear::Apply.
  virtual absl::Status Multiply(size_t batch, ConstMatrixView<float> left,
                                ConstMatrixView<float> right, MatrixView<float> y) = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_MATRIX_PRODUCTS_H_
