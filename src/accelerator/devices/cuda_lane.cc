#include "accelerator/devices/cuda_lane.h"

#include "accelerator/devices/cuda_kernels.h"

namespace sotto {

absl::StatusOr<std::unique_ptr<CudaLane>> CudaLane::Create() {
  std::unique_ptr<CudaLane> lane(new CudaLane);
  // One that waits for the default stream and is waited for: what clears new memory and uploads
  // weights is there.
  SOTTO_RETURN_IF_ERROR(CudaStatus(cudaStreamCreate(&lane->stream_), "cudaStreamCreate"));
  SOTTO_RETURN_IF_ERROR(lane->workspace_.Grow(kCudaWorkspaceBytes));
  return lane;
}

CudaLane::~CudaLane() {
  if (stream_ == nullptr) return;
  cudaStreamSynchronize(stream_);
  cudaStreamDestroy(stream_);
}

absl::Status CudaLane::Wait() {
  return CudaStatus(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
}

absl::Status CudaLane::BeginFloat(CudaMatmul& matmul, const CudaWeights& w,
                                  ConstMatrixView<float> x, MatrixView<float> y) {
  const size_t count = kCudaFloatRows * w.padded_in();
  SOTTO_RETURN_IF_ERROR(x_.Grow(count * sizeof(float)));
  if (w.padded_in() != w.n_in()) {
    // Where weights are zero too; but what was there could be NaN.
    SOTTO_RETURN_IF_ERROR(CudaStatus(
        cudaMemsetAsync(x_.As<void>(), 0, count * sizeof(float), stream_), "cudaMemsetAsync"));
  }
  SOTTO_RETURN_IF_ERROR(CopyToCuda(x, w.padded_in(), x_.As<void>(), stream_));
  const void* operand = x_.As<void>();
  if (w.operands() == CudaOperands::kBf16) {
    SOTTO_RETURN_IF_ERROR(operand_.Grow(2 * count));
    LaunchRoundToBf16(x_.As<float>(), count, operand_.As<void>(), stream_);
    operand = operand_.As<void>();
  }
  SOTTO_RETURN_IF_ERROR(y_.Grow(kCudaFloatRows * w.padded_out() * sizeof(float)));
  SOTTO_RETURN_IF_ERROR(
      matmul.Multiply({w.operands(), kCudaFloatRows, w.padded_in(), w.padded_out()}, operand,
                      w.data(), y_.As<void>(), Place()));
  SOTTO_RETURN_IF_ERROR(CudaStatus(cudaGetLastError(), "float product"));
  return CopyFromCuda(y_.As<void>(), w.padded_out(), y, stream_);
}

absl::StatusOr<RingDigits> CudaLane::MakeDigits(const CudaWeights& w, size_t rows) {
  const size_t padded_rows = RoundUpForCuda(rows);
  SOTTO_RETURN_IF_ERROR(operand_.Grow(kRingShifts * padded_rows * w.planes() * w.padded_in()));
  return RingDigits{operand_.As<int8_t>(), rows, w.n_in(), padded_rows, w.padded_in(), w.planes()};
}

absl::Status CudaLane::BeginRing(CudaMatmul& matmul, const CudaWeights& w,
                                 ConstMatrixView<uint32_t> x, MatrixView<uint32_t> y) {
  SOTTO_RETURN_IF_ERROR(x_.Grow(x.size() * sizeof(uint32_t)));
  SOTTO_ASSIGN_OR_RETURN(const RingDigits digits, MakeDigits(w, x.rows()));
  SOTTO_RETURN_IF_ERROR(CopyToCuda(x, x.cols(), x_.As<void>(), stream_));
  LaunchSplitDigits(x_.As<uint32_t>(), digits, stream_);
  SOTTO_ASSIGN_OR_RETURN(const RingSums sums, MultiplyDigits(matmul, w, digits));
  LaunchJoinSums(sums, stream_);
  SOTTO_RETURN_IF_ERROR(CudaStatus(cudaGetLastError(), "ring product"));
  return CopyFromCuda(y_.As<void>(), w.padded_out(), y, stream_);
}

absl::Status CudaLane::BeginSeed(CudaMatmul& matmul, const CudaWeights& w, const SeedRows& x,
                                 const std::optional<SeedMask>& mask, MatrixView<uint32_t> y) {
  SOTTO_ASSIGN_OR_RETURN(const RingDigits digits, MakeDigits(w, y.rows()));
  LaunchExpandSeed(x, digits, stream_);
  SOTTO_ASSIGN_OR_RETURN(const RingSums sums, MultiplyDigits(matmul, w, digits));
  if (mask) {
    LaunchJoinMasked(sums, *mask, stream_);
  } else {
    LaunchJoinSums(sums, stream_);
  }
  SOTTO_RETURN_IF_ERROR(CudaStatus(cudaGetLastError(), "ring product of a seed"));
  return CopyFromCuda(y_.As<void>(), w.padded_out(), y, stream_);
}

absl::StatusOr<RingSums> CudaLane::MultiplyDigits(CudaMatmul& matmul, const CudaWeights& w,
                                                  const RingDigits& digits) {
  const size_t count = digits.padded_rows * w.padded_out();
  SOTTO_RETURN_IF_ERROR(sums_.Grow(kRingShifts * count * sizeof(int32_t)));
  SOTTO_RETURN_IF_ERROR(y_.Grow(count * sizeof(uint32_t)));
  SOTTO_RETURN_IF_ERROR(matmul.Multiply({CudaOperands::kInt8, kRingShifts * digits.padded_rows,
                                         w.planes() * w.padded_in(), w.padded_out()},
                                        operand_.As<void>(), w.data(), sums_.As<void>(), Place()));
  return RingSums{sums_.As<int32_t>(), y_.As<uint32_t>(),  digits.rows,
                  w.n_out(),           digits.padded_rows, w.padded_out()};
}

}  // namespace sotto
