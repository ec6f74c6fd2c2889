// Products of cuBLASLt in the one layout this project needs.
#ifndef SOTTO_ACCELERATOR_DEVICES_CUDA_MATMUL_H_
#define SOTTO_ACCELERATOR_DEVICES_CUDA_MATMUL_H_

#include <cublasLt.h>

#include <cstddef>

#include "accelerator/devices/cuda_memory.h"
#include "base/status.h"

namespace sotto {

enum class CudaOperands {
  kF32,   // f32 x f32 -> f32, no TF32
  kBf16,  // bf16 x bf16 -> f32, accumulated in f32
  kInt8,  // s8 x s8 -> s32
};
size_t CudaOperandBytes(CudaOperands operands);

// Sizes that the tensor cores want to be multiples of this; padding is zeros.
inline constexpr size_t kCudaAlignment = 32;
inline size_t RoundUpForCuda(size_t n) {
  return (n + kCudaAlignment - 1) / kCudaAlignment * kCudaAlignment;
}

// A cuBLASLt handle and its workspace, of the current device.
class CudaMatmul {
 public:
  static absl::StatusOr<CudaMatmul> Create();
  CudaMatmul(CudaMatmul&& other) noexcept;
  CudaMatmul& operator=(CudaMatmul&&) = delete;
  ~CudaMatmul();

  // c = a w^T. a: [rows, n_in]; w: [n_out, n_in]; c: [rows, n_out]; row-major, contiguous, device
  // memory, sizes rounded up by RoundUpForCuda. Asynchronous on the default stream.
  // cuBLASLt chooses an algorithm by the sizes alone: equal sizes give equal bits.
  absl::Status Multiply(CudaOperands operands, size_t rows, size_t n_in, size_t n_out,
                        const void* a, const void* w, void* c);

 private:
  CudaMatmul(cublasLtHandle_t handle, CudaBuffer workspace)
      : handle_(handle), workspace_(std::move(workspace)) {}

  cublasLtHandle_t handle_ = nullptr;
  CudaBuffer workspace_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_CUDA_MATMUL_H_
