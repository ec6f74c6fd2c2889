// CUDA without a GPU: what the cuda device calls of the runtime and of cuBLASLt, and its kernels,
// on this processor. Streams do nothing until they are waited for, as slow GPUs do: memory that is
// given up or read too early is found. Test-only.
#ifndef SOTTO_TESTING_EMULATED_CUDA_EMULATED_CUDA_H_
#define SOTTO_TESTING_EMULATED_CUDA_EMULATED_CUDA_H_

#include <cuda_runtime.h>

#include <cstddef>
#include <functional>

namespace sotto {

// The work of a stream; null is the default stream, which waits for all others and is waited for.
void EnqueueEmulated(cudaStream_t stream, std::function<void()> work);

struct EmulatedCudaState {
  int devices = 2;
  size_t free_bytes = size_t{1} << 30;  // Of device memory.
  size_t pinned_bytes = size_t{1} << 30;
  cudaError_t stream_error = cudaSuccess;  // What a wait returns.
  int products = 0, copies_to_device = 0;  // Done.
};
EmulatedCudaState& EmulatedCuda();

}  // namespace sotto

#endif  // SOTTO_TESTING_EMULATED_CUDA_EMULATED_CUDA_H_
