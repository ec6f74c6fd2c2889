// The int8 weights of DESIGN's fixed-point format, computed the same way, bit for bit, on both
// sides of the trust boundary (docs/numerics.md).
#ifndef SOTTO_MODEL_QUANTIZED_WEIGHTS_H_
#define SOTTO_MODEL_QUANTIZED_WEIGHTS_H_

#include <cstdint>

#include "base/matrix.h"

namespace sotto {

// Quantises rows of a weight: wq(j, i) = round-half-even(w(j, i) / s_j), s_j = max_i |w(j, i)| /
// 127. A row whose maximum is below 2^-100 counts as zero, with s_j = 1: nothing divides by zero.
// All in f32 with two divisions a row (the elements are multiplied by 127 / max), no fused
// multiply-add, nothing that depends on the order of a sum: the same bits on every machine whose
// rounding mode is to nearest. |wq| <= 127. REQUIRES: every w finite. Thread-safe.
// w: [rows, n_in]; wq: [rows, n_in]; scales: [rows]; l1_norms: [rows], sum_i |wq(j, i)|, exact.
void QuantizeWeightRows(ConstMatrixView<float> w, MatrixView<int8_t> wq, float* scales,
                        uint32_t* l1_norms);

// A: the largest integer, at most 2^15 - 1, with A * max_l1 < 2^31 (32767 for max_l1 = 0).
int32_t ActivationLimit(uint32_t max_l1);

}  // namespace sotto

#endif  // SOTTO_MODEL_QUANTIZED_WEIGHTS_H_
