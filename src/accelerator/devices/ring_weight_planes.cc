#include "accelerator/devices/ring_weight_planes.h"

#include <algorithm>

#include "accelerator/devices/byte_weights.h"
#include "accelerator/devices/cuda_padding.h"

namespace sotto {

RingWeightPlanes SplitRingWeights(ConstMatrixView<int16_t> w) {
  const size_t planes = FitBytes(w) ? 1 : 2, padded_in = RoundUpForCuda(w.cols());
  RingWeightPlanes split{planes, Matrix<int8_t>(RoundUpForCuda(w.rows()), planes * padded_in)};
  const MatrixView<int8_t> out = split.weights.view();
  std::fill_n(out.data(), out.size(), int8_t{0});
  for (size_t j = 0; j < w.rows(); ++j) {
    for (size_t i = 0; i < w.cols(); ++i) {
      const auto low = static_cast<int8_t>(w(j, i));
      out(j, i) = low;
      if (planes == 2) out(j, padded_in + i) = static_cast<int8_t>((w(j, i) - low) >> 8);
    }
  }
  return split;
}

}  // namespace sotto
