#include "accelerator/devices/cpu_device.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>
#include <variant>

#include "accelerator/devices/byte_weights.h"
#include "base/cpu.h"
#include "base/float_types.h"
#include "base/memory.h"
#include "base/strings.h"
#include "base/thread_pool.h"
#include "kernels/gemm.h"
#include "kernels/measured_rates.h"
#include "kernels/tiled_product.h"

namespace sotto {
namespace {

// Packed for oneDNN, or, for portable ring products, as they came.
using Storage = std::variant<GemmWeights, Matrix<int16_t>>;

class CpuWeights : public DeviceWeights {
 public:
  CpuWeights(size_t n_in, size_t n_out, Storage storage)
      : n_in_(n_in), n_out_(n_out), storage_(std::move(storage)) {}

  size_t n_in() const override { return n_in_; }
  size_t n_out() const override { return n_out_; }
  const Storage& storage() const { return storage_; }

 private:
  size_t n_in_, n_out_;
  Storage storage_;
};

const Storage& StorageOf(const DeviceWeights& weights) {
  const auto* ours = dynamic_cast<const CpuWeights*>(&weights);
  SOTTO_CHECK(ours != nullptr);
  return ours->storage();
}

void ConvertRow(const float* from, size_t n, GemmOperands operands, uint8_t* to) {
  if (operands == GemmOperands::kBf16) {
    std::transform(from, from + n, reinterpret_cast<BFloat16*>(to),
                   [](float v) { return ToBFloat16(v); });
  } else {
    std::memcpy(to, from, n * sizeof(float));
  }
}
void ConvertRow(const int16_t* from, size_t n, GemmOperands operands, uint8_t* to) {
  if (operands == GemmOperands::kU8S16) {
    std::memcpy(to, from, n * sizeof(int16_t));
  } else {
    std::transform(from, from + n, to, [](int16_t v) { return static_cast<uint8_t>(v); });
  }
}

class CpuDevice : public Device {
 public:
  explicit CpuDevice(const CpuDeviceOptions& options)
      : fastest_operands_(options.precision == FloatPrecision::kFastest &&
                                  ProductRates().bf16_is_faster()
                              ? GemmOperands::kBf16
                              : GemmOperands::kF32),
        portable_ring_(options.portable_ring),
        pool_(options.threads) {}

  std::string name() const override { return "cpu"; }
  std::string precision(FloatPrecision precision) const override {
    return Operands(precision) == GemmOperands::kBf16 ? "bf16" : "f32";
  }

  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadFloat(ConstMatrixView<float> w,
                                                           FloatPrecision precision) override {
    SOTTO_ASSIGN_OR_RETURN(GemmWeights packed, Pack(w, Operands(precision)));
    return std::make_unique<CpuWeights>(w.cols(), w.rows(), std::move(packed));
  }

  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) override {
    if (w.cols() > kMaxRingInputs) {
      return absl::UnimplementedError(
          StrCat("ring product over ", w.cols(), " inputs; at most ", kMaxRingInputs));
    }
    if (!portable_ring_) {
      const GemmOperands operands = FitBytes(w) ? GemmOperands::kU8S8 : GemmOperands::kU8S16;
      SOTTO_ASSIGN_OR_RETURN(GemmWeights packed, Pack(w, operands));
      return std::make_unique<CpuWeights>(w.cols(), w.rows(), std::move(packed));
    }
    Matrix<int16_t> copy(w.rows(), w.cols());
    for (size_t j = 0; j < w.rows(); ++j) std::copy_n(w.row(j), w.cols(), copy.view().row(j));
    return std::make_unique<CpuWeights>(w.cols(), w.rows(), std::move(copy));
  }

  absl::Status MultiplyFloat(const DeviceWeights& weights, ConstMatrixView<float> x,
                             MatrixView<float> y) override {
    const auto* packed = std::get_if<GemmWeights>(&StorageOf(weights));
    SOTTO_CHECK(packed != nullptr && !IsByteProduct(packed->operands()));
    std::lock_guard lock(mutex_);
    MultiplyFloatTiled(*packed, x, y, Workspace(*packed, x.rows()), pool_);
    return absl::OkStatus();
  }

  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    const Storage& storage = StorageOf(weights);
    std::lock_guard lock(mutex_);
    if (const auto* packed = std::get_if<GemmWeights>(&storage)) {
      SOTTO_CHECK(IsByteProduct(packed->operands()));
      MultiplyRingTiled(*packed, x, y, Workspace(*packed, x.rows()), pool_);
      return absl::OkStatus();
    }
    const auto& plain = std::get<Matrix<int16_t>>(storage);
    pool_.ParallelFor(x.rows(), [&](size_t token, int) {
      MultiplyRingPortable(x.Rows(token, 1), plain.view(), y.Rows(token, 1));
    });
    return absl::OkStatus();
  }

 private:
  GemmOperands Operands(FloatPrecision precision) const {
    return precision == FloatPrecision::kF32 ? GemmOperands::kF32 : fastest_operands_;
  }

  // T: float or int16_t.
  template <typename T>
  absl::StatusOr<GemmWeights> Pack(ConstMatrixView<T> w, GemmOperands operands) {
    SOTTO_ASSIGN_OR_RETURN(
        AlignedArray<uint8_t> memory,
        AllocateAligned<uint8_t>(GemmWeights::PackedBytes(operands, w.cols(), w.rows())));
    GemmWeights packed(operands, w.cols(), w.rows(), std::move(memory));
    const size_t row_bytes = w.cols() * GemmWeightBytes(operands);
    std::lock_guard lock(mutex_);
    pool_.ParallelFor(packed.blocks(), [&](size_t block, int) {
      const size_t rows = packed.block_columns(block);
      const auto staged = MakeAlignedArray<uint8_t>(rows * row_bytes);
      for (size_t j = 0; j < rows; ++j) {
        ConvertRow(w.row(block * kGemmColumnBlock + j), w.cols(), operands, &staged[j * row_bytes]);
      }
      packed.PackBlock(block, staged.get());
    });
    return packed;
  }

  // Of one product; grows to the largest one. REQUIRES: mutex_ held.
  std::span<uint8_t> Workspace(const GemmWeights& weights, size_t tokens) {
    const size_t bytes = TiledProductBytes(weights, tokens, pool_.threads());
    if (workspace_bytes_ < bytes) {
      workspace_ = nullptr;  // Before the next is made, so that both never exist.
      workspace_ = MakeAlignedArray<uint8_t>(bytes);
      workspace_bytes_ = bytes;
    }
    return {workspace_.get(), workspace_bytes_};
  }

  const GemmOperands fastest_operands_;
  const bool portable_ring_;
  std::mutex mutex_;  // Of the pool and the workspace.
  ThreadPool pool_;
  AlignedArray<uint8_t> workspace_;
  size_t workspace_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Device> MakeCpuDevice(const CpuDeviceOptions& options) {
  return std::make_unique<CpuDevice>(options);
}

const DeviceBackend kCpuBackend = {
    "cpu", [] { return 1; },
    [](int, const DeviceOptions& options) -> absl::StatusOr<std::unique_ptr<Device>> {
      const int threads = options.threads > 0 ? options.threads : AvailableProcessors();
      return MakeCpuDevice({.threads = threads, .precision = options.precision});
    }};

}  // namespace sotto
