// The ring product as it is defined: what every device must equal, to the bit.
#ifndef SOTTO_ACCELERATOR_DEVICES_RING_REFERENCE_H_
#define SOTTO_ACCELERATOR_DEVICES_RING_REFERENCE_H_

#include <cstdint>

#include "base/matrix.h"

namespace sotto {

// y = x W^T modulo 2^32. x: [tokens, n_in]; w: [n_out, n_in]; y: [tokens, n_out].
inline void MultiplyRingReference(ConstMatrixView<uint32_t> x, ConstMatrixView<int8_t> w,
                                  MatrixView<uint32_t> y) {
  for (size_t t = 0; t < x.rows(); ++t) {
    for (size_t j = 0; j < w.rows(); ++j) {
      uint32_t sum = 0;
      for (size_t i = 0; i < w.cols(); ++i) {
        sum += x(t, i) * static_cast<uint32_t>(int32_t{w(j, i)});
      }
      y(t, j) = sum;
    }
  }
}

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_RING_REFERENCE_H_
