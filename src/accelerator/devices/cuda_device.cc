// The `cuda` devices. Float products: bf16 or f32 operands, as the weights were loaded, accumulated
// in f32. Ring products: each word as four signed bytes and each weight as one or two, one int8
// tensor-core product of all these planes, summed with shifts modulo 2^32. A plane's sum fits 32
// bits: 128 * 128 * kMaxRingInputs = 2^30.
#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "accelerator/device.h"
#include "accelerator/devices/byte_weights.h"
#include "accelerator/devices/cuda_kernels.h"
#include "accelerator/devices/cuda_matmul.h"
#include "accelerator/devices/cuda_memory.h"
#include "accelerator/devices/device_backend.h"
#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

// Float products are always of so many rows, padded: one algorithm, so a row's bits do not depend
// on how many rows came with it.
constexpr size_t kFloatRows = 256;
// Tokens of a ring product at a time: bounds the buffers of long inputs.
constexpr size_t kRingTokens = 1024;

class CudaWeights : public DeviceWeights {
 public:
  CudaWeights(size_t n_in, size_t n_out, CudaOperands operands, CudaBuffer buffer,
              size_t planes = 1)
      : n_in_(n_in),
        n_out_(n_out),
        planes_(planes),
        operands_(operands),
        buffer_(std::move(buffer)) {}
  size_t n_in() const override { return n_in_; }
  size_t n_out() const override { return n_out_; }
  size_t padded_in() const { return RoundUpForCuda(n_in_); }
  size_t padded_out() const { return RoundUpForCuda(n_out_); }
  size_t planes() const { return planes_; }
  CudaOperands operands() const { return operands_; }
  const void* data() const { return buffer_.As<void>(); }

 private:
  size_t n_in_, n_out_, planes_;
  CudaOperands operands_;
  CudaBuffer buffer_;  // [planes, padded_out, padded_in], padding zero.
};

class CudaDevice : public Device {
 public:
  CudaDevice(int index, std::string name, CudaOperands fastest_operands,
             std::unique_ptr<CudaMatmul> matmul, CudaBuffer workspace)
      : index_(index),
        name_(std::move(name)),
        fastest_operands_(fastest_operands),
        matmul_(std::move(matmul)),
        workspace_(std::move(workspace)) {}

  std::string name() const override { return name_; }
  std::string precision(FloatPrecision precision) const override {
    return Operands(precision) == CudaOperands::kBf16 ? "bf16" : "f32";
  }

  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadFloat(ConstMatrixView<float> w,
                                                           FloatPrecision precision) override {
    std::lock_guard lock(mutex_);
    SOTTO_ASSIGN_OR_RETURN(CudaBuffer rows, Upload(w));
    if (Operands(precision) == CudaOperands::kBf16) {
      const size_t count = RoundUpForCuda(w.rows()) * RoundUpForCuda(w.cols());
      SOTTO_ASSIGN_OR_RETURN(CudaBuffer rounded, CudaBuffer::Allocate(2 * count));
      LaunchRoundToBf16(rows.As<float>(), count, rounded.As<void>());
      SOTTO_RETURN_IF_ERROR(CudaStatus(cudaDeviceSynchronize(), "rounding weights"));
      rows = std::move(rounded);
    }
    return std::make_unique<CudaWeights>(w.cols(), w.rows(), Operands(precision), std::move(rows));
  }

  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) override {
    if (w.cols() > kMaxRingInputs) {
      return absl::UnimplementedError(
          StrCat("ring product over ", w.cols(), " inputs; at most ", kMaxRingInputs));
    }
    std::lock_guard lock(mutex_);
    const Matrix<int8_t> planes = StackPlanes(w);
    SOTTO_ASSIGN_OR_RETURN(CudaBuffer rows, Upload(planes.view()));
    return std::make_unique<CudaWeights>(w.cols(), w.rows(), CudaOperands::kInt8, std::move(rows),
                                         FitBytes(w) ? 1 : 2);
  }

  absl::Status MultiplyFloat(const DeviceWeights& weights, ConstMatrixView<float> x,
                             MatrixView<float> y) override {
    std::lock_guard lock(mutex_);
    SOTTO_RETURN_IF_ERROR(CudaStatus(cudaSetDevice(index_), "cudaSetDevice"));
    for (size_t begin = 0; begin < x.rows(); begin += kFloatRows) {
      const size_t rows = std::min(kFloatRows, x.rows() - begin);
      SOTTO_RETURN_IF_ERROR(
          MultiplyFloatRows(Ours(weights), x.Rows(begin, rows), y.Rows(begin, rows)));
    }
    return absl::OkStatus();
  }

  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    std::lock_guard lock(mutex_);
    SOTTO_RETURN_IF_ERROR(CudaStatus(cudaSetDevice(index_), "cudaSetDevice"));
    for (size_t begin = 0; begin < x.rows(); begin += kRingTokens) {
      const size_t rows = std::min(kRingTokens, x.rows() - begin);
      SOTTO_RETURN_IF_ERROR(
          MultiplyRingRows(Ours(weights), x.Rows(begin, rows), y.Rows(begin, rows)));
    }
    return absl::OkStatus();
  }

 private:
  CudaPlace Place() const { return {nullptr, workspace_.As<void>()}; }
  CudaOperands Operands(FloatPrecision precision) const {
    return precision == FloatPrecision::kF32 ? CudaOperands::kF32 : fastest_operands_;
  }
  static const CudaWeights& Ours(const DeviceWeights& weights) {
    const auto* ours = dynamic_cast<const CudaWeights*>(&weights);
    SOTTO_CHECK(ours != nullptr);
    return *ours;
  }

  // The weights' bytes: where they do not fit one, their lowest, signed, and from row padded_out on
  // what is left. Rows of padding are zeros.
  static Matrix<int8_t> StackPlanes(ConstMatrixView<int16_t> w) {
    const size_t padded = RoundUpForCuda(w.rows());
    Matrix<int8_t> planes(FitBytes(w) ? padded : 2 * padded, w.cols());
    std::fill_n(planes.view().data(), planes.view().size(), int8_t{0});
    for (size_t j = 0; j < w.rows(); ++j) {
      for (size_t i = 0; i < w.cols(); ++i) {
        const auto low = static_cast<int8_t>(w(j, i));
        planes.view()(j, i) = low;
        if (planes.view().rows() == padded) continue;
        planes.view()(padded + j, i) = static_cast<int8_t>((w(j, i) - low) >> 8);
      }
    }
    return planes;
  }

  template <typename T>
  absl::StatusOr<CudaBuffer> Upload(ConstMatrixView<T> w) {
    SOTTO_RETURN_IF_ERROR(CudaStatus(cudaSetDevice(index_), "cudaSetDevice"));
    const size_t columns = RoundUpForCuda(w.cols());
    SOTTO_ASSIGN_OR_RETURN(CudaBuffer rows,
                           CudaBuffer::Allocate(RoundUpForCuda(w.rows()) * columns * sizeof(T)));
    SOTTO_RETURN_IF_ERROR(CopyToCuda(w, columns, rows.As<void>()));
    return rows;
  }

  // Puts x, zero-padded to [rows, columns], at x_.
  template <typename T>
  absl::Status UploadInput(ConstMatrixView<T> x, size_t rows, size_t columns) {
    SOTTO_RETURN_IF_ERROR(x_.Grow(rows * columns * sizeof(T)));
    SOTTO_RETURN_IF_ERROR(
        CudaStatus(cudaMemset(x_.As<void>(), 0, rows * columns * sizeof(T)), "cudaMemset"));
    return CopyToCuda(x, columns, x_.As<void>());
  }

  // x: at most kFloatRows rows.
  absl::Status MultiplyFloatRows(const CudaWeights& w, ConstMatrixView<float> x,
                                 MatrixView<float> y) {
    SOTTO_RETURN_IF_ERROR(UploadInput(x, kFloatRows, w.padded_in()));
    const void* operand = x_.As<void>();
    if (w.operands() == CudaOperands::kBf16) {
      const size_t count = kFloatRows * w.padded_in();
      SOTTO_RETURN_IF_ERROR(operand_.Grow(2 * count));
      LaunchRoundToBf16(x_.As<float>(), count, operand_.As<void>());
      operand = operand_.As<void>();
    }
    SOTTO_RETURN_IF_ERROR(y_.Grow(kFloatRows * w.padded_out() * sizeof(float)));
    SOTTO_RETURN_IF_ERROR(
        matmul_->Multiply({w.operands(), kFloatRows, w.padded_in(), w.padded_out()}, operand,
                          w.data(), y_.As<void>(), Place()));
    SOTTO_RETURN_IF_ERROR(CudaStatus(cudaGetLastError(), "float product"));
    return CopyFromCuda(y_.As<void>(), w.padded_out(), y);
  }

  // x: at most kRingTokens rows.
  absl::Status MultiplyRingRows(const CudaWeights& w, ConstMatrixView<uint32_t> x,
                                MatrixView<uint32_t> y) {
    const size_t rows = RoundUpForCuda(x.rows());
    SOTTO_RETURN_IF_ERROR(UploadInput(x, rows, w.padded_in()));
    SOTTO_RETURN_IF_ERROR(operand_.Grow(4 * rows * w.padded_in()));
    const size_t plane_columns = w.planes() * w.padded_out();
    SOTTO_RETURN_IF_ERROR(sums_.Grow(4 * rows * plane_columns * sizeof(int32_t)));
    SOTTO_RETURN_IF_ERROR(y_.Grow(rows * w.padded_out() * sizeof(uint32_t)));
    LaunchSplitSignedDigits(x_.As<uint32_t>(), rows, w.padded_in(), operand_.As<int8_t>());
    SOTTO_RETURN_IF_ERROR(
        matmul_->Multiply({CudaOperands::kInt8, 4 * rows, w.padded_in(), plane_columns},
                          operand_.As<void>(), w.data(), sums_.As<void>(), Place()));
    LaunchCombineDigitSums(sums_.As<int32_t>(), {rows, w.planes(), w.padded_out()},
                           y_.As<uint32_t>());
    SOTTO_RETURN_IF_ERROR(CudaStatus(cudaGetLastError(), "ring product"));
    return CopyFromCuda(y_.As<void>(), w.padded_out(), y);
  }

  const int index_;
  const std::string name_;
  const CudaOperands fastest_operands_;
  std::mutex mutex_;  // Of everything below.
  const std::unique_ptr<CudaMatmul> matmul_;
  const CudaBuffer workspace_;
  CudaBuffer x_, operand_, sums_, y_;
};

// 0 where no driver is installed.
int CudaDeviceCount() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

std::string WhyNoCudaDevice() {
  int version = 0;
  if (cudaDriverGetVersion(&version) == cudaSuccess && version == 0) {
    return "no NVIDIA driver is installed";
  }
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  return StrCat("the NVIDIA driver says: ", cudaGetErrorString(code));
}

absl::StatusOr<std::unique_ptr<Device>> OpenCudaDevice(int index, const DeviceOptions& options) {
  const auto unavailable = [&](const absl::Status& status) {
    return absl::UnavailableError(StrCat("cuda:", index, ": ", ToStd(status.message())));
  };
  cudaDeviceProp properties{};
  absl::Status status = CudaStatus(cudaSetDevice(index), "cudaSetDevice");
  if (status.ok()) {
    status = CudaStatus(cudaGetDeviceProperties(&properties, index), "cudaGetDeviceProperties");
  }
  if (!status.ok()) return unavailable(status);
  auto matmul = CudaMatmul::Create();
  if (!matmul.ok()) return unavailable(matmul.status());
  SOTTO_ASSIGN_OR_RETURN(CudaBuffer workspace, CudaBuffer::Allocate(kCudaWorkspaceBytes));
  // bf16 tensor cores came with compute capability 8.
  const bool bf16 = options.precision == FloatPrecision::kFastest && properties.major >= 8;
  return std::make_unique<CudaDevice>(index, StrCat("cuda:", index, " (", properties.name, ")"),
                                      bf16 ? CudaOperands::kBf16 : CudaOperands::kF32,
                                      *std::move(matmul), std::move(workspace));
}

}  // namespace

const DeviceBackend kCudaBackend = {"cuda", CudaDeviceCount, OpenCudaDevice, WhyNoCudaDevice};

}  // namespace sotto
