// The `cuda` devices. Float products: bf16 or f32 operands, as the weights were loaded, accumulated
// in f32. Ring products: int8 tensor-core products of the words' digits (ring_digits.h), which the
// device splits and joins itself. Rows go in pieces over two streams (two_slots.h).
#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "accelerator/device.h"
#include "accelerator/devices/cuda_kernels.h"
#include "accelerator/devices/cuda_lane.h"
#include "accelerator/devices/device_backend.h"
#include "accelerator/devices/ring_weight_planes.h"
#include "accelerator/devices/two_slots.h"
#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

using Lanes = std::array<std::unique_ptr<CudaLane>, kSlots>;

class CudaDevice : public Device {
 public:
  CudaDevice(int index, std::string name, CudaOperands fastest_operands,
             std::unique_ptr<CudaMatmul> matmul, Lanes lanes)
      : index_(index),
        name_(std::move(name)),
        fastest_operands_(fastest_operands),
        matmul_(std::move(matmul)),
        lanes_(std::move(lanes)) {}

  std::string name() const override { return name_; }
  std::string precision(FloatPrecision precision) const override {
    return Operands(precision) == CudaOperands::kBf16 ? "bf16" : "f32";
  }

  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadFloat(ConstMatrixView<float> w,
                                                           FloatPrecision precision) override {
    std::lock_guard lock(mutex_);
    SOTTO_ASSIGN_OR_RETURN(CudaBuffer rows,
                           Upload(w, RoundUpForCuda(w.rows()), RoundUpForCuda(w.cols())));
    if (Operands(precision) == CudaOperands::kBf16) {
      const size_t count = RoundUpForCuda(w.rows()) * RoundUpForCuda(w.cols());
      SOTTO_ASSIGN_OR_RETURN(CudaBuffer rounded, CudaBuffer::Allocate(2 * count));
      LaunchRoundToBf16(rows.As<float>(), count, rounded.As<void>(), nullptr);
      SOTTO_RETURN_IF_ERROR(CudaStatus(cudaDeviceSynchronize(), "rounding weights"));
      rows = std::move(rounded);
    }
    return std::make_unique<CudaWeights>(w.cols(), w.rows(), Operands(precision), 1,
                                         std::move(rows));
  }

  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) override {
    if (w.cols() > kMaxRingInputs) {
      return absl::UnimplementedError(
          StrCat("ring product over ", w.cols(), " inputs; at most ", kMaxRingInputs));
    }
    const RingWeightPlanes split = SplitRingWeights(w);
    const ConstMatrixView<int8_t> planes = split.weights.view();
    std::lock_guard lock(mutex_);
    SOTTO_ASSIGN_OR_RETURN(CudaBuffer rows, Upload(planes, planes.rows(), planes.cols()));
    return std::make_unique<CudaWeights>(w.cols(), w.rows(), CudaOperands::kInt8, split.planes,
                                         std::move(rows));
  }

  absl::Status MultiplyFloat(const DeviceWeights& weights, ConstMatrixView<float> x,
                             MatrixView<float> y) override {
    return InPieces(x.rows(), kCudaFloatRows, [&](CudaLane& lane, RowPiece piece) {
      return lane.BeginFloat(*matmul_, Ours(weights), x.Rows(piece.first, piece.count),
                             y.Rows(piece.first, piece.count));
    });
  }

  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    return InPieces(x.rows(), kCudaRingRows, [&](CudaLane& lane, RowPiece piece) {
      return lane.BeginRing(*matmul_, Ours(weights), x.Rows(piece.first, piece.count),
                            y.Rows(piece.first, piece.count));
    });
  }

  bool expands_seeds() const override { return true; }
  absl::Status MultiplyRingSeed(const DeviceWeights& weights, SeedBytes seed,
                                const std::optional<SeedColumns>& mask,
                                MatrixView<uint32_t> y) override {
    SeedRows rows{MakeAes256Schedule(seed.data()), 0};
    std::optional<SeedMask> words;
    if (mask) words.emplace(SeedMask{MakeAes256Schedule(mask->seed.data()), 0, mask->columns});
    return InPieces(y.rows(), kCudaRingRows, [&](CudaLane& lane, RowPiece piece) {
      rows.first_word = uint64_t{piece.first} * weights.n_in();
      if (mask) words->first_word = uint64_t{piece.first} * mask->columns + mask->first;
      return lane.BeginSeed(*matmul_, Ours(weights), rows, words, y.Rows(piece.first, piece.count));
    });
  }

  HostMemory AllocatePinned(size_t size_bytes) override {
    void* memory = nullptr;
    // Pinned for the contexts of all devices. Refused where too much is pinned already.
    if (cudaSetDevice(index_) != cudaSuccess ||
        cudaHostAlloc(&memory, size_bytes, cudaHostAllocPortable) != cudaSuccess) {
      cudaGetLastError();  // Forgets it.
      return HostMemory(nullptr, nullptr);
    }
    return HostMemory(static_cast<uint8_t*>(memory), [](uint8_t* p) { cudaFreeHost(p); });
  }

 private:
  CudaOperands Operands(FloatPrecision precision) const {
    return precision == FloatPrecision::kF32 ? CudaOperands::kF32 : fastest_operands_;
  }
  static const CudaWeights& Ours(const DeviceWeights& weights) {
    const auto* ours = dynamic_cast<const CudaWeights*>(&weights);
    SOTTO_CHECK(ours != nullptr);
    return *ours;
  }

  // [rows, columns] on the device; what is beyond w is zero.
  template <typename T>
  absl::StatusOr<CudaBuffer> Upload(ConstMatrixView<T> w, size_t rows, size_t columns) {
    SOTTO_RETURN_IF_ERROR(CudaStatus(cudaSetDevice(index_), "cudaSetDevice"));
    SOTTO_ASSIGN_OR_RETURN(CudaBuffer buffer, CudaBuffer::Allocate(rows * columns * sizeof(T)));
    SOTTO_RETURN_IF_ERROR(CopyToCuda(w, columns, buffer.As<void>(), nullptr));
    SOTTO_RETURN_IF_ERROR(CudaStatus(cudaStreamSynchronize(nullptr), "uploading weights"));
    return buffer;
  }

  absl::Status InPieces(size_t rows, size_t piece_rows,
                        absl::FunctionRef<absl::Status(CudaLane&, RowPiece)> begin) {
    std::lock_guard lock(mutex_);
    SOTTO_RETURN_IF_ERROR(CudaStatus(cudaSetDevice(index_), "cudaSetDevice"));
    return RunInTwoSlots(
        rows, piece_rows, [&](size_t slot, RowPiece piece) { return begin(*lanes_[slot], piece); },
        [&](size_t slot) { return lanes_[slot]->Wait(); });
  }

  const int index_;
  const std::string name_;
  const CudaOperands fastest_operands_;
  std::mutex mutex_;  // Of everything below.
  const std::unique_ptr<CudaMatmul> matmul_;
  const Lanes lanes_;
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
  Lanes lanes;
  for (std::unique_ptr<CudaLane>& lane : lanes) {
    auto made = CudaLane::Create();
    if (!made.ok()) return unavailable(made.status());
    lane = *std::move(made);
  }
  // bf16 tensor cores came with compute capability 8.
  const bool bf16 = options.precision == FloatPrecision::kFastest && properties.major >= 8;
  return std::make_unique<CudaDevice>(index, StrCat("cuda:", index, " (", properties.name, ")"),
                                      bf16 ? CudaOperands::kBf16 : CudaOperands::kF32,
                                      *std::move(matmul), std::move(lanes));
}

}  // namespace

const DeviceBackend kCudaBackend = {"cuda", CudaDeviceCount, OpenCudaDevice, WhyNoCudaDevice};

}  // namespace sotto
