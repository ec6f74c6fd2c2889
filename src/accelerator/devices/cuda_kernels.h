// Kernels around cuBLASLt's products. All pointers are device memory; launches are asynchronous on
// the stream; the caller asks cudaGetLastError().
#ifndef SOTTO_ACCELERATOR_DEVICES_CUDA_KERNELS_H_
#define SOTTO_ACCELERATOR_DEVICES_CUDA_KERNELS_H_

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "accelerator/devices/ring_digits.h"
#include "accelerator/devices/ring_sums.h"

namespace sotto {

// x: contiguous words of out.rows and out.columns.
void LaunchSplitDigits(const uint32_t* x, const RingDigits& out, cudaStream_t stream);
// The same of the words that a seed stands for, which never exist as such.
void LaunchExpandSeed(const SeedRows& seed, const RingDigits& out, cudaStream_t stream);

void LaunchJoinSums(const RingSums& sums, cudaStream_t stream);
// Padding of y is left as it was.
void LaunchJoinMasked(const RingSums& sums, const SeedMask& mask, cudaStream_t stream);

// Rounds to nearest even. Both [count]; `to` holds bfloat16.
void LaunchRoundToBf16(const float* from, size_t count, void* to, cudaStream_t stream);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_CUDA_KERNELS_H_
