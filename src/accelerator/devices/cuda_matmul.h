// Products of cuBLASLt in the one layout this project needs.
#ifndef SOTTO_ACCELERATOR_DEVICES_CUDA_MATMUL_H_
#define SOTTO_ACCELERATOR_DEVICES_CUDA_MATMUL_H_

#include <compare>
#include <cstddef>
#include <map>
#include <memory>
#include <type_traits>

#include "accelerator/devices/cublas_lt.h"
#include "accelerator/devices/cuda_memory.h"
#include "base/status.h"

namespace sotto {

enum class CudaOperands {
  kF32,   // f32 x f32 -> f32, no TF32
  kBf16,  // bf16 x bf16 -> f32, accumulated in f32
  kInt8,  // s8 x s8 -> s32
};

// c = a w^T. a: [rows, n_in]; w: [n_out, n_in]; c: [rows, n_out]; row-major, contiguous, device
// memory. Sizes are rounded up (cuda_padding.h).
struct CudaProduct {
  CudaOperands operands;
  size_t rows, n_in, n_out;
  auto operator<=>(const CudaProduct&) const = default;
};

// Where a product is computed: products of different streams need different workspaces.
struct CudaPlace {
  cudaStream_t stream;
  void* workspace;  // kCudaWorkspaceBytes
};
inline constexpr size_t kCudaWorkspaceBytes = size_t{32} << 20;

// A cuBLASLt handle of the current device, and what it has chosen for each product. One caller at a
// time.
class CudaMatmul {
 public:
  // UNAVAILABLE without cuBLASLt.
  static absl::StatusOr<std::unique_ptr<CudaMatmul>> Create();
  ~CudaMatmul();

  // Asynchronous. cuBLASLt chooses an algorithm by the product alone: equal ones give equal bits.
  absl::Status Multiply(const CudaProduct& product, const void* a, const void* w, void* c,
                        const CudaPlace& place);

 private:
  // Owns one of cuBLASLt's opaque handles.
  template <typename Handle>
  using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, cublasStatus_t (*)(Handle)>;
  using Layout = Owned<cublasLtMatrixLayout_t>;

  struct Plan {
    Owned<cublasLtMatmulDesc_t> desc;
    Layout a, w, c;
    cublasLtMatmulAlgo_t algorithm;
  };

  explicit CudaMatmul(const CublasLt& lt) : lt_(lt) {}
  absl::StatusOr<const Plan*> PlanOf(const CudaProduct& product);
  absl::StatusOr<Plan> MakePlan(const CudaProduct& product) const;
  absl::StatusOr<Owned<cublasLtMatmulDesc_t>> MakeDesc(CudaOperands operands) const;
  absl::StatusOr<Layout> MakeLayout(cudaDataType_t type, size_t rows, size_t columns) const;
  absl::Status ChooseAlgorithm(Plan& plan) const;

  const CublasLt lt_;
  cublasLtHandle_t handle_ = nullptr;
  std::map<CudaProduct, Plan> plans_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_CUDA_MATMUL_H_
