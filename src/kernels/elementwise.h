// Everything of a Llama block that is neither a matrix product nor attention, one row at a time.
//
// Every function reads and writes exactly the stated lengths, allocates nothing, keeps nothing, may
// be called from any thread, and takes pointers of any alignment. A row's result depends on that
// row alone: sums run over lanes of a fixed number in a fixed order, so batch, block and thread
// count change no bit. Another instruction set may (the number of lanes differs). No branch or
// address depends on a value, but for ArgMaxRow's portable form; NaN and infinity travel as IEEE
// 754 says unless a function states otherwise. Input and output may be the same memory where a
// function says "in place", and must not overlap otherwise.
#ifndef SOTTO_KERNELS_ELEMENTWISE_H_
#define SOTTO_KERNELS_ELEMENTWISE_H_

#include <cstddef>
#include <cstdint>

#include "base/float_types.h"

namespace sotto {

// y = x / sqrt(mean(x^2) + eps) * weight  (Zhang & Sennrich 2019). All [n]. In place: y may be x.
// All NaN where mean(x^2) is beyond float, as it is from |x| about 2^64 on: an overflow shows.
void RmsNormRow(const float* x, const float* weight, size_t n, float eps, float* y);
// The same, rounded to nearest even. Norm and conversion read x once from memory.
void RmsNormRow(const float* x, const float* weight, size_t n, float eps, BFloat16* y);

// Symmetric int8 of one token: x ~= scale * (q - 128), q in [1, 255], scale = max|x| / 127; returns
// scale. The offset makes q what u8 x s8 dot products take. A row whose largest magnitude is below
// 2^-100 is a zero row: every q = 128, scale = 0. A NaN or an infinity gives scale = NaN.
float QuantizeInt8Row(const float* x, size_t n, uint8_t* q);
// The same of RMSNorm(x) * weight, which is never stored; scale = NaN where that is all NaN.
float RmsNormQuantizeInt8Row(const float* x, const float* weight, size_t n, float eps, uint8_t* q);

// y = x, rounded to nearest even.
void ConvertRow(const float* x, size_t n, BFloat16* y);

// y = x, exactly.
void WidenRow(const BFloat16* x, size_t n, float* y);

// max |x|; 0 for n = 0. A NaN in x gives a NaN.
float MaxMagnitudeRow(const float* x, size_t n);

// y = gate * sigmoid(gate) * up  (Shazeer 2020, SwiGLU). In place: y may be gate or up.
void SwiGluRow(const float* gate, const float* up, size_t n, float* y);
void SwiGluRow(const float* gate, const float* up, size_t n, BFloat16* y);

// y += x.
void AddRow(const float* x, size_t n, float* y);

// y = e^x within 2^-22 relative; 0 below -87.3, infinity above 88.7. In place: y may be x.
void ExpRow(const float* x, size_t n, float* y);

// log(sum(e^x)), shifted by the maximum; absolute error below 1e-6. -infinity for n = 0.
// log softmax(x)[i] is x[i] - LogSumExpRow(x, n).
double LogSumExpRow(const float* x, size_t n);

// The smallest index of the largest element. n >= 1; NaNs are never chosen (0 if there is nothing
// else).
size_t ArgMaxRow(const float* x, size_t n);

// How many elements are greater than `value`, or equal to it and before `index`: the place, from 0,
// of an element x[index] == value when a row is sorted by size, the smaller index first among
// equals. A NaN counts as equal. n <= 2^24.
size_t CountBefore(const float* x, size_t n, size_t index, float value);

}  // namespace sotto

#endif  // SOTTO_KERNELS_ELEMENTWISE_H_
