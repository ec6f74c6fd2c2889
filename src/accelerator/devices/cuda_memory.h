// Statuses and memory of the CUDA runtime.
#ifndef SOTTO_ACCELERATOR_DEVICES_CUDA_MEMORY_H_
#define SOTTO_ACCELERATOR_DEVICES_CUDA_MEMORY_H_

#include <cuda_runtime.h>

#include <cstddef>

#include "base/matrix.h"
#include "base/status.h"

namespace sotto {

// RESOURCE_EXHAUSTED for memory, INTERNAL otherwise, with CUDA's words.
absl::Status CudaStatus(cudaError_t code, const char* what);

// Device memory of the current device; zero at first. Move-only.
class CudaBuffer {
 public:
  static absl::StatusOr<CudaBuffer> Allocate(size_t size_bytes);
  CudaBuffer() = default;
  ~CudaBuffer();
  CudaBuffer(CudaBuffer&& other) noexcept;
  CudaBuffer& operator=(CudaBuffer&& other) noexcept;

  // Makes it at least so large; what it held is lost when it grows.
  absl::Status Grow(size_t size_bytes);

  template <typename T>
  T* As() const {
    return static_cast<T*>(data_);
  }
  size_t size_bytes() const { return size_bytes_; }

 private:
  void* data_ = nullptr;
  size_t size_bytes_ = 0;
};

// Copies of rows, `device_columns` elements apart on the device; asynchronous where the rows are in
// pinned memory.
template <typename T>
absl::Status CopyToCuda(ConstMatrixView<T> rows, size_t device_columns, void* device,
                        cudaStream_t stream) {
  return CudaStatus(
      cudaMemcpy2DAsync(device, device_columns * sizeof(T), rows.data(), rows.stride() * sizeof(T),
                        rows.cols() * sizeof(T), rows.rows(), cudaMemcpyHostToDevice, stream),
      "cudaMemcpy2DAsync to the device");
}
template <typename T>
absl::Status CopyFromCuda(const void* device, size_t device_columns, MatrixView<T> rows,
                          cudaStream_t stream) {
  return CudaStatus(
      cudaMemcpy2DAsync(rows.data(), rows.stride() * sizeof(T), device, device_columns * sizeof(T),
                        rows.cols() * sizeof(T), rows.rows(), cudaMemcpyDeviceToHost, stream),
      "cudaMemcpy2DAsync from the device");
}

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_CUDA_MEMORY_H_
