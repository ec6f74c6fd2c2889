// Element-wise kernels around cuBLASLt's products. All pointers are device memory; the launch is on
// the default stream; the caller asks cudaGetLastError().
#ifndef SOTTO_ACCELERATOR_DEVICES_CUDA_KERNELS_H_
#define SOTTO_ACCELERATOR_DEVICES_CUDA_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace sotto {

// A ring word as four signed bytes, lowest first: x = sum_p 2^(8p) d_p modulo 2^32, d_p in [-128,
// 127]. (The tensor cores take signed times signed.) x: [rows, columns]; digits: [4, rows,
// columns].
void LaunchSplitSignedDigits(const uint32_t* x, size_t rows, size_t columns, int8_t* digits);

// y = sum_p sum_v 2^(8 (p + v)) sums_pv modulo 2^32, v the plane of the weights.
// sums: [4, rows, planes, columns]; y: [rows, columns].
struct DigitSumsShape {
  size_t rows, planes, columns;
};
void LaunchCombineDigitSums(const int32_t* sums, DigitSumsShape shape, uint32_t* y);

// Rounds to nearest even. Both [count]; `to` holds bfloat16.
void LaunchRoundToBf16(const float* from, size_t count, void* to);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_CUDA_KERNELS_H_
