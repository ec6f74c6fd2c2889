// The fixed-point format of the protected linear layers, one row at a time. Local and offloaded
// layers both go through these functions, so their results are the same to the bit, on every ISA.
//
//   t = max|x| / A,  xq = round-half-even(x * (A / max|x|)),  |xq| <= A     (A: ActivationLimit)
//   y_j = (t * s_j) * float(acc_j), then + b_j                  acc = xq . Wq_j, exact in int32
//
// All arithmetic is binary32, in the order written, without contraction into fused operations.
// Branches and addresses depend on sizes only, never on values.
#ifndef SOTTO_KERNELS_FIXED_POINT_H_
#define SOTTO_KERNELS_FIXED_POINT_H_

#include <cstddef>
#include <cstdint>

namespace sotto {

// Rows whose largest magnitude is below this are zero rows: t = 0, every xq = 0.
inline constexpr float kFixedPointSmallest = 0x1p-100f;

// Quantises x[n] into xq[n], each in [-limit, limit]; returns t. `limit` is in [1, 32767].
// A row with a NaN or an infinity gives t = NaN (so that y is NaN), and xq still within limits.
float QuantizeFixedRow(const float* x, size_t n, int32_t limit, int32_t* xq);

// xq = 256 * (high - 128) + low, both planes unsigned, as u8 x s8 dot products want them:
// acc = 256 * (high . w - 128 * sum(w)) + low . w, modulo 2^32. xq[n], each in [-32768, 32767].
void SplitFixedRow(const int32_t* xq, size_t n, uint8_t* high, uint8_t* low);

// acc[j] = 256 * (high[j] - 128 * weight_sums[j]) + low[j], modulo 2^32: the other end of
// SplitFixedRow. In place: acc may be `high` or `low`.
void CombineFixedPlanes(const int32_t* high, const int32_t* low, const int32_t* weight_sums,
                        size_t n, int32_t* acc);

// y[j] = (t * scales[j]) * float(acc[j]), then + bias[j] unless bias is null. All of length n;
// y may be the memory of acc.
void ScaleFixedRow(const int32_t* acc, size_t n, float t, const float* scales, const float* bias,
                   float* y);

}  // namespace sotto

#endif  // SOTTO_KERNELS_FIXED_POINT_H_
