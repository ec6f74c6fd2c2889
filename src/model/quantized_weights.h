// Weights as integers: those of precision int8, and those of the fixed-point format, computed the
// same way, bit for bit, on both sides of the trust boundary (docs/numerics.md).
#ifndef SOTTO_MODEL_QUANTIZED_WEIGHTS_H_
#define SOTTO_MODEL_QUANTIZED_WEIGHTS_H_

#include <cstdint>

#include "base/matrix.h"
#include "sotto/precision.h"

namespace sotto {

// The largest magnitude of an integer weight: of eight bits, and of twelve.
inline constexpr int32_t kLargestNarrowWeight = 127, kLargestWideWeight = 2047;
// With weights of twelve bits, activations are not to have fewer than these on the weights'
// account.
inline constexpr int32_t kSmallestWideLimit = (1 << 12) - 1;

// Quantises rows of a weight: wq(j, i) = round-half-even(w(j, i) / s_j), s_j = max_i |w(j, i)| /
// 127. A row whose maximum is below 2^-100 counts as zero, with s_j = 1: nothing divides by zero.
// All in f32 with two divisions a row (the elements are multiplied by 127 / max), no fused
// multiply-add, nothing that depends on the order of a sum: the same bits on every machine whose
// rounding mode is to nearest. |wq| <= 127. REQUIRES: every w finite. Thread-safe.
// w: [rows, n_in]; wq: [rows, n_in]; scales: [rows]; l1_norms: [rows], sum_i |wq(j, i)|, exact.
void QuantizeWeightRows(ConstMatrixView<float> w, MatrixView<int8_t> wq, float* scales,
                        uint32_t* l1_norms);

// Quantises rows to the fixed-point format. k8Bits: as above. k12Bits: the same with L_j in the
// place of 127, the largest number from 127 to 2047 for which a bound on the l1 norm promises
// ActivationLimit() >= kSmallestWideLimit (where 127 does not, it is 127 all the same). L_j depends
// on its row alone, and is found in integers: with 2047 in its place the row has the norm S; if
// that exceeds M = (2^31 - 1) / kSmallestWideLimit, L_j = 2047 (M - n_in) / (S + n_in), rounded
// down.
// Proof: at L_j each |wq| is at most L_j / 2047 (|wq at 2047| + 1/2 + e) + 1/2 + e, where e < 2^-10
// accounts for the roundings of f32; so the norm is at most L_j (S + n_in) / 2047 + n_in <= M.
// wq: [rows, n_in], |wq| <= kLargestWideWeight. The rest as above.
void QuantizeFixedWeightRows(ConstMatrixView<float> w, FixedWeights width, MatrixView<int16_t> wq,
                             float* scales, uint32_t* l1_norms);

// A: the largest integer, at most 2^15 - 1, with A * max_l1 < 2^31 (32767 for max_l1 = 0).
int32_t ActivationLimit(uint32_t max_l1);

}  // namespace sotto

#endif  // SOTTO_MODEL_QUANTIZED_WEIGHTS_H_
