// Sizes of matrices in a cuda device's memory.
#ifndef SOTTO_ACCELERATOR_DEVICES_CUDA_PADDING_H_
#define SOTTO_ACCELERATOR_DEVICES_CUDA_PADDING_H_

#include <cstddef>

namespace sotto {

// What the tensor cores want sizes to be multiples of.
inline constexpr size_t kCudaAlignment = 32;
inline size_t RoundUpForCuda(size_t n) {
  return (n + kCudaAlignment - 1) / kCudaAlignment * kCudaAlignment;
}

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_CUDA_PADDING_H_
