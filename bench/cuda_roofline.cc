#include "cuda_roofline.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "absl/functional/function_ref.h"
#include "accelerator/devices/cuda_kernels.h"
#include "accelerator/devices/cuda_lane.h"
#include "accelerator/devices/cuda_matmul.h"
#include "accelerator/devices/cuda_memory.h"

namespace sotto {
namespace {

using nlohmann::json;

// A piece of gate/up of the 1B model, with weights of 12 bits.
constexpr size_t kRows = kCudaRingRows, kIn = 2048, kOut = 16384, kPlanes = 2;
constexpr size_t kCopyBytes = size_t{1} << 30, kLinkBytes = size_t{1} << 28;
constexpr size_t kPeakSize = 8192;  // Of a product that nothing but the tensor cores limits.

// Seconds of one of many in a row, the best of some tries. `launch` is asynchronous on the default
// stream.
absl::StatusOr<double> Seconds(absl::FunctionRef<absl::Status()> launch) {
  constexpr int kInARow = 10, kTries = 5;
  cudaEvent_t begin = nullptr, end = nullptr;
  SOTTO_RETURN_IF_ERROR(CudaStatus(cudaEventCreate(&begin), "cudaEventCreate"));
  SOTTO_RETURN_IF_ERROR(CudaStatus(cudaEventCreate(&end), "cudaEventCreate"));
  float best_ms = std::numeric_limits<float>::infinity();
  SOTTO_RETURN_IF_ERROR(launch());  // Warms up.
  for (int i = 0; i < kTries; ++i) {
    cudaEventRecord(begin);
    for (int n = 0; n < kInARow; ++n) SOTTO_RETURN_IF_ERROR(launch());
    cudaEventRecord(end);
    SOTTO_RETURN_IF_ERROR(CudaStatus(cudaEventSynchronize(end), "kernel"));
    float ms = 0.0f;
    SOTTO_RETURN_IF_ERROR(CudaStatus(cudaEventElapsedTime(&ms, begin, end), "kernel's time"));
    best_ms = std::min(best_ms, ms);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  return 1e-3 * double{best_ms} / kInARow;
}

struct PinnedDeleter {
  void operator()(uint8_t* p) const { cudaFreeHost(p); }
};

// Bytes a second of a plain copy; within the device each byte is read and written.
absl::StatusOr<double> CopyRate(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  SOTTO_ASSIGN_OR_RETURN(const double seconds, Seconds([&] {
                           return CudaStatus(cudaMemcpyAsync(to, from, bytes, kind), "copy");
                         }));
  const double touched = kind == cudaMemcpyDeviceToDevice ? 2.0 : 1.0;
  return touched * static_cast<double>(bytes) / seconds;
}

class Roofline {
 public:
  static absl::StatusOr<json> Measure() {
    Roofline roofline;
    SOTTO_ASSIGN_OR_RETURN(roofline.matmul_, CudaMatmul::Create());
    SOTTO_RETURN_IF_ERROR(roofline.workspace_.Grow(kCudaWorkspaceBytes));
    SOTTO_RETURN_IF_ERROR(roofline.MeasurePeaks());
    SOTTO_RETURN_IF_ERROR(roofline.MeasureRing());
    SOTTO_RETURN_IF_ERROR(roofline.MeasureFloat());
    return json{{"peaks", roofline.peaks_}, {"kernels", roofline.kernels_}};
  }

 private:
  // Operations a second.
  absl::StatusOr<double> ProductRate(const CudaProduct& product, const void* a, const void* w,
                                     void* c) {
    SOTTO_ASSIGN_OR_RETURN(
        const double seconds, Seconds([&] {
          return matmul_->Multiply(product, a, w, c, {nullptr, workspace_.As<void>()});
        }));
    return 2.0 * static_cast<double>(product.rows) * static_cast<double>(product.n_in) *
           static_cast<double>(product.n_out) / seconds;
  }

  absl::Status MeasurePeaks() {
    SOTTO_ASSIGN_OR_RETURN(const CudaBuffer from, CudaBuffer::Allocate(kCopyBytes));
    SOTTO_ASSIGN_OR_RETURN(const CudaBuffer to, CudaBuffer::Allocate(kCopyBytes));
    const auto peak = [&](const char* name, absl::StatusOr<double> rate) {
      if (rate.ok()) peaks_[name] = *rate;
      return rate.status();
    };
    SOTTO_RETURN_IF_ERROR(peak(
        "memory", CopyRate(to.As<void>(), from.As<void>(), kCopyBytes, cudaMemcpyDeviceToDevice)));
    void* memory = nullptr;
    SOTTO_RETURN_IF_ERROR(
        CudaStatus(cudaHostAlloc(&memory, kLinkBytes, cudaHostAllocDefault), "cudaHostAlloc"));
    const std::unique_ptr<uint8_t, PinnedDeleter> pinned(static_cast<uint8_t*>(memory));
    SOTTO_RETURN_IF_ERROR(
        peak("to_device", CopyRate(to.As<void>(), memory, kLinkBytes, cudaMemcpyHostToDevice)));
    SOTTO_RETURN_IF_ERROR(
        peak("from_device", CopyRate(memory, to.As<void>(), kLinkBytes, cudaMemcpyDeviceToHost)));
    for (const auto& [name, operands] :
         {std::pair("int8", CudaOperands::kInt8), std::pair("bf16", CudaOperands::kBf16)}) {
      SOTTO_RETURN_IF_ERROR(
          peak(name, ProductRate({operands, kPeakSize, kPeakSize, kPeakSize}, from.As<void>(),
                                 from.As<void>(), to.As<void>())));
    }
    return absl::OkStatus();
  }

  // `work`: bytes or operations of one launch, by what limits it.
  absl::Status Kernel(const char* name, const char* limit, double work,
                      absl::FunctionRef<void()> launch) {
    SOTTO_ASSIGN_OR_RETURN(const double seconds, Seconds([&] {
                             launch();
                             return CudaStatus(cudaGetLastError(), name);
                           }));
    AddKernel(name, limit, work / seconds);
    return absl::OkStatus();
  }
  void AddKernel(const char* name, const char* limit, double rate) {
    kernels_.push_back({{"kernel", name},
                        {"limit", limit},
                        {"achieved", rate},
                        {"peak", peaks_[limit]},
                        {"share", rate / peaks_[limit].get<double>()}});
  }

  absl::Status MeasureRing() {
    constexpr size_t kDigitBytes = kRingShifts * kRows * kPlanes * kIn;
    constexpr size_t kSums = kRows * kOut;
    SOTTO_ASSIGN_OR_RETURN(const CudaBuffer x, CudaBuffer::Allocate(4 * kRows * kIn));
    SOTTO_ASSIGN_OR_RETURN(const CudaBuffer digits, CudaBuffer::Allocate(kDigitBytes));
    SOTTO_ASSIGN_OR_RETURN(const CudaBuffer w, CudaBuffer::Allocate(kOut * kPlanes * kIn));
    SOTTO_ASSIGN_OR_RETURN(const CudaBuffer sums, CudaBuffer::Allocate(kRingShifts * 4 * kSums));
    SOTTO_ASSIGN_OR_RETURN(const CudaBuffer y, CudaBuffer::Allocate(4 * kSums));
    const RingDigits out{digits.As<int8_t>(), kRows, kIn, kRows, kIn, kPlanes};
    constexpr double kWordBytes = 4.0 * kRows * kIn;
    SOTTO_RETURN_IF_ERROR(Kernel("split_digits", "memory", kWordBytes + kDigitBytes,
                                 [&] { LaunchSplitDigits(x.As<uint32_t>(), out, nullptr); }));
    const uint8_t seed[32] = {1, 2, 3};
    const SeedRows rows{MakeAes256Schedule(seed), 0};
    SOTTO_RETURN_IF_ERROR(Kernel("expand_seed", "memory", kDigitBytes,
                                 [&] { LaunchExpandSeed(rows, out, nullptr); }));
    SOTTO_ASSIGN_OR_RETURN(
        const double rate,
        ProductRate({CudaOperands::kInt8, kRingShifts * kRows, kPlanes * kIn, kOut},
                    digits.As<void>(), w.As<void>(), sums.As<void>()));
    AddKernel("ring_product", "int8", rate);
    constexpr double kSumBytes = 4.0 * (kRingShifts + 1) * kSums;
    const RingSums joined{sums.As<int32_t>(), y.As<uint32_t>(), kRows, kOut, kRows, kOut};
    SOTTO_RETURN_IF_ERROR(
        Kernel("join_sums", "memory", kSumBytes, [&] { LaunchJoinSums(joined, nullptr); }));
    const SeedMask mask{rows.keys, 0, kOut};
    return Kernel("join_masked", "memory", kSumBytes,
                  [&] { LaunchJoinMasked(joined, mask, nullptr); });
  }

  absl::Status MeasureFloat() {
    constexpr size_t kCount = kCudaFloatRows * kIn;
    SOTTO_ASSIGN_OR_RETURN(const CudaBuffer x, CudaBuffer::Allocate(4 * kCount));
    SOTTO_ASSIGN_OR_RETURN(const CudaBuffer rounded, CudaBuffer::Allocate(2 * kCount));
    SOTTO_ASSIGN_OR_RETURN(const CudaBuffer w, CudaBuffer::Allocate(2 * kOut * kIn));
    SOTTO_ASSIGN_OR_RETURN(const CudaBuffer y, CudaBuffer::Allocate(4 * kCudaFloatRows * kOut));
    SOTTO_RETURN_IF_ERROR(Kernel("round_to_bf16", "memory", 6.0 * kCount, [&] {
      LaunchRoundToBf16(x.As<float>(), kCount, rounded.As<void>(), nullptr);
    }));
    SOTTO_ASSIGN_OR_RETURN(const double rate,
                           ProductRate({CudaOperands::kBf16, kCudaFloatRows, kIn, kOut},
                                       rounded.As<void>(), w.As<void>(), y.As<void>()));
    AddKernel("bf16_product", "bf16", rate);
    return absl::OkStatus();
  }

  std::unique_ptr<CudaMatmul> matmul_;
  CudaBuffer workspace_;
  json peaks_ = json::object(), kernels_ = json::array();
};

}  // namespace

absl::StatusOr<json> MeasureRoofline() {
  SOTTO_RETURN_IF_ERROR(CudaStatus(cudaSetDevice(0), "cudaSetDevice"));
  return Roofline::Measure();
}

}  // namespace sotto
