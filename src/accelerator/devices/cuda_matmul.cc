#include "accelerator/devices/cuda_matmul.h"

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr size_t kWorkspaceBytes = size_t{32} << 20;

absl::Status CublasStatus(cublasStatus_t code, const char* what) {
  if (code == CUBLAS_STATUS_SUCCESS) return absl::OkStatus();
  const std::string message = StrCat(what, ": ", cublasLtGetStatusString(code));
  return code == CUBLAS_STATUS_ALLOC_FAILED ? absl::ResourceExhaustedError(message)
                                            : absl::InternalError(message);
}

// Owns one of cuBLASLt's opaque handles.
template <auto Destroy>
struct Destroyer {
  template <typename T>
  void operator()(T* handle) const {
    Destroy(handle);
  }
};
using MatmulDesc = std::unique_ptr<std::remove_pointer_t<cublasLtMatmulDesc_t>,
                                   Destroyer<&cublasLtMatmulDescDestroy>>;
using Layout = std::unique_ptr<std::remove_pointer_t<cublasLtMatrixLayout_t>,
                               Destroyer<&cublasLtMatrixLayoutDestroy>>;
using Preference = std::unique_ptr<std::remove_pointer_t<cublasLtMatmulPreference_t>,
                                   Destroyer<&cublasLtMatmulPreferenceDestroy>>;

struct Types {
  cudaDataType_t operand, result, scale;
  cublasComputeType_t compute;
};
Types TypesOf(CudaOperands operands) {
  switch (operands) {
    case CudaOperands::kF32:
      return {CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_PEDANTIC};
    case CudaOperands::kBf16:
      return {CUDA_R_16BF, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F};
    case CudaOperands::kInt8:
      break;
  }
  return {CUDA_R_8I, CUDA_R_32I, CUDA_R_32I, CUBLAS_COMPUTE_32I};
}

// cuBLASLt counts in columns: a row-major [rows, columns] is its column-major [columns, rows].
absl::StatusOr<Layout> MakeLayout(cudaDataType_t type, size_t rows, size_t columns) {
  cublasLtMatrixLayout_t layout = nullptr;
  SOTTO_RETURN_IF_ERROR(CublasStatus(
      cublasLtMatrixLayoutCreate(&layout, type, columns, rows, static_cast<int64_t>(columns)),
      "cublasLtMatrixLayoutCreate"));
  return Layout(layout);
}

// c^T = w a^T in cuBLASLt's terms: w transposed, a as it is, the "TN" form of the tensor cores.
absl::StatusOr<MatmulDesc> MakeDesc(const Types& types) {
  cublasLtMatmulDesc_t desc = nullptr;
  SOTTO_RETURN_IF_ERROR(CublasStatus(cublasLtMatmulDescCreate(&desc, types.compute, types.scale),
                                     "cublasLtMatmulDescCreate"));
  MatmulDesc owned(desc);
  const cublasOperation_t transposed = CUBLAS_OP_T;
  SOTTO_RETURN_IF_ERROR(
      CublasStatus(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                                  sizeof(transposed)),
                   "cublasLtMatmulDescSetAttribute"));
  return owned;
}

absl::StatusOr<Preference> MakePreference(size_t workspace_bytes) {
  cublasLtMatmulPreference_t preference = nullptr;
  SOTTO_RETURN_IF_ERROR(
      CublasStatus(cublasLtMatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate"));
  Preference owned(preference);
  SOTTO_RETURN_IF_ERROR(CublasStatus(
      cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                           &workspace_bytes, sizeof(workspace_bytes)),
      "cublasLtMatmulPreferenceSetAttribute"));
  return owned;
}

}  // namespace

size_t CudaOperandBytes(CudaOperands operands) {
  switch (operands) {
    case CudaOperands::kF32:
      return 4;
    case CudaOperands::kBf16:
      return 2;
    case CudaOperands::kInt8:
      return 1;
  }
  return 0;
}

absl::StatusOr<CudaMatmul> CudaMatmul::Create() {
  cublasLtHandle_t handle = nullptr;
  SOTTO_RETURN_IF_ERROR(CublasStatus(cublasLtCreate(&handle), "cublasLtCreate"));
  CudaMatmul made(handle, CudaBuffer());
  SOTTO_RETURN_IF_ERROR(made.workspace_.Grow(kWorkspaceBytes));
  return made;
}

CudaMatmul::CudaMatmul(CudaMatmul&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), workspace_(std::move(other.workspace_)) {}

CudaMatmul::~CudaMatmul() {
  if (handle_ != nullptr) cublasLtDestroy(handle_);
}

absl::Status CudaMatmul::Multiply(CudaOperands operands, size_t rows, size_t n_in, size_t n_out,
                                  const void* a, const void* w, void* c) {
  const Types types = TypesOf(operands);
  SOTTO_ASSIGN_OR_RETURN(const MatmulDesc desc, MakeDesc(types));
  SOTTO_ASSIGN_OR_RETURN(const Layout w_layout, MakeLayout(types.operand, n_out, n_in));
  SOTTO_ASSIGN_OR_RETURN(const Layout a_layout, MakeLayout(types.operand, rows, n_in));
  SOTTO_ASSIGN_OR_RETURN(const Layout c_layout, MakeLayout(types.result, rows, n_out));
  SOTTO_ASSIGN_OR_RETURN(const Preference preference, MakePreference(workspace_.size_bytes()));
  cublasLtMatmulHeuristicResult_t choice{};
  int choices = 0;
  SOTTO_RETURN_IF_ERROR(
      CublasStatus(cublasLtMatmulAlgoGetHeuristic(handle_, desc.get(), w_layout.get(),
                                                  a_layout.get(), c_layout.get(), c_layout.get(),
                                                  preference.get(), 1, &choice, &choices),
                   "cublasLtMatmulAlgoGetHeuristic"));
  if (choices == 0) return absl::InternalError("cuBLASLt knows no algorithm for these sizes");
  const float one = 1.0f, zero = 0.0f;
  const int32_t int_one = 1, int_zero = 0;
  const bool integers = operands == CudaOperands::kInt8;
  const void* alpha = integers ? static_cast<const void*>(&int_one) : &one;
  const void* beta = integers ? static_cast<const void*>(&int_zero) : &zero;
  return CublasStatus(
      cublasLtMatmul(handle_, desc.get(), alpha, w, w_layout.get(), a, a_layout.get(), beta, c,
                     c_layout.get(), c, c_layout.get(), &choice.algo, workspace_.As<void>(),
                     workspace_.size_bytes(), /*stream=*/nullptr),
      "cublasLtMatmul");
}

}  // namespace sotto
