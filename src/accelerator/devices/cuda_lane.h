// A stream of a cuda device, with the device memory of the piece of rows it works on: copies in,
// multiplies, copies out, in this order and without waiting. Host memory that is pinned is copied
// while another lane multiplies; other memory too, but not as freely.
#ifndef SOTTO_ACCELERATOR_DEVICES_CUDA_LANE_H_
#define SOTTO_ACCELERATOR_DEVICES_CUDA_LANE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "accelerator/device.h"
#include "accelerator/devices/cuda_matmul.h"
#include "accelerator/devices/cuda_memory.h"
#include "accelerator/devices/cuda_padding.h"
#include "accelerator/devices/ring_digits.h"
#include "accelerator/devices/ring_sums.h"

namespace sotto {

// Float products are always of so many rows, padded: one algorithm, so a row's bits do not depend
// on how many rows came with it.
inline constexpr size_t kCudaFloatRows = 256;
// Rows of a ring product at a time: enough to fill the tensor cores (four times as many rows of
// digits), few enough that a usual exchange (512) has two pieces to overlap.
inline constexpr size_t kCudaRingRows = 256;

class CudaWeights : public DeviceWeights {
 public:
  CudaWeights(size_t n_in, size_t n_out, CudaOperands operands, size_t planes, CudaBuffer buffer)
      : n_in_(n_in),
        n_out_(n_out),
        planes_(planes),
        operands_(operands),
        buffer_(std::move(buffer)) {}
  size_t n_in() const override { return n_in_; }
  size_t n_out() const override { return n_out_; }
  size_t padded_in() const { return RoundUpForCuda(n_in_); }
  size_t padded_out() const { return RoundUpForCuda(n_out_); }
  size_t planes() const { return planes_; }  // 1 of float weights.
  CudaOperands operands() const { return operands_; }
  const void* data() const { return buffer_.As<void>(); }

 private:
  size_t n_in_, n_out_, planes_;
  CudaOperands operands_;
  CudaBuffer buffer_;  // [padded_out, planes * padded_in], padding zero.
};

class CudaLane {
 public:
  // Of the current device, as all that follows.
  static absl::StatusOr<std::unique_ptr<CudaLane>> Create();
  ~CudaLane();

  // Each begins y = x W^T; x and y are in use until Wait returns. Float: x.rows() <=
  // kCudaFloatRows. Ring: y.rows() <= kCudaRingRows, and as many rows of x are uploaded, or
  // expanded of a seed; `mask`, if any, is added.
  absl::Status BeginFloat(CudaMatmul& matmul, const CudaWeights& w, ConstMatrixView<float> x,
                          MatrixView<float> y);
  absl::Status BeginRing(CudaMatmul& matmul, const CudaWeights& w, ConstMatrixView<uint32_t> x,
                         MatrixView<uint32_t> y);
  absl::Status BeginSeed(CudaMatmul& matmul, const CudaWeights& w, const SeedRows& x,
                         const std::optional<SeedMask>& mask, MatrixView<uint32_t> y);
  absl::Status Wait();

 private:
  CudaLane() = default;
  // Where the rows' digits go.
  absl::StatusOr<RingDigits> MakeDigits(const CudaWeights& w, size_t rows);
  // From digits to what is at y_.
  absl::StatusOr<RingSums> MultiplyDigits(CudaMatmul& matmul, const CudaWeights& w,
                                          const RingDigits& digits);
  CudaPlace Place() const { return {stream_, workspace_.As<void>()}; }

  cudaStream_t stream_ = nullptr;
  CudaBuffer workspace_;  // cuBLASLt's.
  CudaBuffer x_, operand_, sums_, y_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_CUDA_LANE_H_
