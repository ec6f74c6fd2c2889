// Weights of ring products as ring_digits.h wants them.
#ifndef SOTTO_ACCELERATOR_DEVICES_RING_WEIGHT_PLANES_H_
#define SOTTO_ACCELERATOR_DEVICES_RING_WEIGHT_PLANES_H_

#include <cstddef>
#include <cstdint>

#include "base/matrix.h"

namespace sotto {

struct RingWeightPlanes {
  size_t planes;           // 1 where all weights fit a signed byte, otherwise 2.
  Matrix<int8_t> weights;  // [padded n_out, planes * padded n_in], padding zero.
};

// w: [n_out, n_in]; |w| <= kMaxRingWeight.
RingWeightPlanes SplitRingWeights(ConstMatrixView<int16_t> w);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_RING_WEIGHT_PLANES_H_
