#include "accelerator/devices/cuda_memory.h"

#include <utility>

#include "base/strings.h"

namespace sotto {

absl::Status CudaStatus(cudaError_t code, const char* what) {
  if (code == cudaSuccess) return absl::OkStatus();
  const std::string message = StrCat(what, ": ", cudaGetErrorString(code));
  return code == cudaErrorMemoryAllocation ? absl::ResourceExhaustedError(message)
                                           : absl::InternalError(message);
}

absl::StatusOr<CudaBuffer> CudaBuffer::Allocate(size_t size_bytes) {
  CudaBuffer buffer;
  SOTTO_RETURN_IF_ERROR(CudaStatus(cudaMalloc(&buffer.data_, size_bytes), "cudaMalloc"));
  buffer.size_bytes_ = size_bytes;
  SOTTO_RETURN_IF_ERROR(CudaStatus(cudaMemset(buffer.data_, 0, size_bytes), "cudaMemset"));
  return buffer;
}

CudaBuffer::~CudaBuffer() { cudaFree(data_); }

CudaBuffer::CudaBuffer(CudaBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)) {}

CudaBuffer& CudaBuffer::operator=(CudaBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

absl::Status CudaBuffer::Grow(size_t size_bytes) {
  if (size_bytes <= size_bytes_) return absl::OkStatus();
  *this = CudaBuffer();  // Before the next is made, so that both never exist.
  SOTTO_ASSIGN_OR_RETURN(*this, Allocate(size_bytes));
  return absl::OkStatus();
}

}  // namespace sotto
