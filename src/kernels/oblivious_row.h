// Choosing by a mask instead of by a branch or an address: for what must not tell the length of a
// prompt. Every function reads and writes all that it is given, in order. Constant-time: no branch
// and no address depends on an index, a mask or a value.
#ifndef SOTTO_KERNELS_OBLIVIOUS_ROW_H_
#define SOTTO_KERNELS_OBLIVIOUS_ROW_H_

#include <cstddef>
#include <cstdint>

#include "base/matrix.h"

namespace sotto {

// All ones where a < b, else zero. REQUIRES: a, b < 2^63.
inline uint64_t LessMask(uint64_t a, uint64_t b) { return 0 - ((a - b) >> 63); }

// y = x where `mask` is all ones, +0 where it is zero. [n]. In place: y may be x.
void MaskRow(const float* x, size_t n, uint64_t mask, float* y);
// The same of one number.
double MaskNumber(double x, uint64_t mask);

// y = row `index` of x. y: [x.cols()], outside of x. REQUIRES: index < x.rows(), not checked.
void ObliviousRow(ConstMatrixView<float> x, size_t index, float* y);

// x[index]. REQUIRES: index < n, not checked.
float ObliviousElement(const float* x, size_t n, size_t index);
// x[index] = value. REQUIRES: index < n, not checked.
void ObliviousSetElement(float* x, size_t n, size_t index, float value);

}  // namespace sotto

#endif  // SOTTO_KERNELS_OBLIVIOUS_ROW_H_
