#include "accelerator/devices/cuda_matmul.h"

#include <cstdint>
#include <utility>

#include "base/strings.h"

namespace sotto {
namespace {

// A model's layers in all formats and numbers of rows are fewer; a client's products of activations
// have sizes without end.
constexpr size_t kMaxPlans = 512;

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

}  // namespace

absl::StatusOr<std::unique_ptr<CudaMatmul>> CudaMatmul::Create() {
  SOTTO_ASSIGN_OR_RETURN(const CublasLt lt, LoadCublasLt(CublasLtName()));
  std::unique_ptr<CudaMatmul> made(new CudaMatmul(lt));
  SOTTO_RETURN_IF_ERROR(lt.ToStatus(lt.cublasLtCreate(&made->handle_), "cublasLtCreate"));
  return made;
}

CudaMatmul::~CudaMatmul() {
  if (handle_ != nullptr) lt_.cublasLtDestroy(handle_);
}

absl::Status CudaMatmul::Multiply(const CudaProduct& product, const void* a, const void* w, void* c,
                                  const CudaPlace& place) {
  SOTTO_ASSIGN_OR_RETURN(const Plan* const plan, PlanOf(product));
  const float one = 1.0f, zero = 0.0f;
  const int32_t int_one = 1, int_zero = 0;
  const bool integers = product.operands == CudaOperands::kInt8;
  const void* alpha = integers ? static_cast<const void*>(&int_one) : &one;
  const void* beta = integers ? static_cast<const void*>(&int_zero) : &zero;
  return lt_.ToStatus(
      lt_.cublasLtMatmul(handle_, plan->desc.get(), alpha, w, plan->w.get(), a, plan->a.get(), beta,
                         c, plan->c.get(), c, plan->c.get(), &plan->algorithm, place.workspace,
                         kCudaWorkspaceBytes, place.stream),
      "cublasLtMatmul");
}

absl::StatusOr<const CudaMatmul::Plan*> CudaMatmul::PlanOf(const CudaProduct& product) {
  const auto known = plans_.find(product);
  if (known != plans_.end()) return &known->second;
  if (plans_.size() >= kMaxPlans) plans_.clear();
  SOTTO_ASSIGN_OR_RETURN(Plan plan, MakePlan(product));
  return &plans_.emplace(product, std::move(plan)).first->second;
}

absl::StatusOr<CudaMatmul::Plan> CudaMatmul::MakePlan(const CudaProduct& product) const {
  const Types types = TypesOf(product.operands);
  SOTTO_ASSIGN_OR_RETURN(auto desc, MakeDesc(product.operands));
  SOTTO_ASSIGN_OR_RETURN(Layout a, MakeLayout(types.operand, product.rows, product.n_in));
  SOTTO_ASSIGN_OR_RETURN(Layout w, MakeLayout(types.operand, product.n_out, product.n_in));
  SOTTO_ASSIGN_OR_RETURN(Layout c, MakeLayout(types.result, product.rows, product.n_out));
  Plan plan{std::move(desc), std::move(a), std::move(w), std::move(c), {}};
  SOTTO_RETURN_IF_ERROR(ChooseAlgorithm(plan));
  return plan;
}

// c^T = w a^T in cuBLASLt's terms: w transposed, a as it is, the "TN" form of the tensor cores.
absl::StatusOr<CudaMatmul::Owned<cublasLtMatmulDesc_t>> CudaMatmul::MakeDesc(
    CudaOperands operands) const {
  const Types types = TypesOf(operands);
  cublasLtMatmulDesc_t desc = nullptr;
  SOTTO_RETURN_IF_ERROR(lt_.ToStatus(
      lt_.cublasLtMatmulDescCreate(&desc, types.compute, types.scale), "cublasLtMatmulDescCreate"));
  Owned<cublasLtMatmulDesc_t> owned(desc, lt_.cublasLtMatmulDescDestroy);
  const cublasOperation_t transposed = CUBLAS_OP_T;
  SOTTO_RETURN_IF_ERROR(
      lt_.ToStatus(lt_.cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSA,
                                                      &transposed, sizeof(transposed)),
                   "cublasLtMatmulDescSetAttribute"));
  return owned;
}

// cuBLASLt counts in columns: a row-major [rows, columns] is its column-major [columns, rows].
absl::StatusOr<CudaMatmul::Layout> CudaMatmul::MakeLayout(cudaDataType_t type, size_t rows,
                                                          size_t columns) const {
  cublasLtMatrixLayout_t layout = nullptr;
  SOTTO_RETURN_IF_ERROR(lt_.ToStatus(
      lt_.cublasLtMatrixLayoutCreate(&layout, type, columns, rows, static_cast<int64_t>(columns)),
      "cublasLtMatrixLayoutCreate"));
  return Layout(layout, lt_.cublasLtMatrixLayoutDestroy);
}

absl::Status CudaMatmul::ChooseAlgorithm(Plan& plan) const {
  cublasLtMatmulPreference_t preference = nullptr;
  SOTTO_RETURN_IF_ERROR(lt_.ToStatus(lt_.cublasLtMatmulPreferenceCreate(&preference),
                                     "cublasLtMatmulPreferenceCreate"));
  const Owned<cublasLtMatmulPreference_t> owned(preference, lt_.cublasLtMatmulPreferenceDestroy);
  SOTTO_RETURN_IF_ERROR(lt_.ToStatus(
      lt_.cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                               &kCudaWorkspaceBytes, sizeof(kCudaWorkspaceBytes)),
      "cublasLtMatmulPreferenceSetAttribute"));
  cublasLtMatmulHeuristicResult_t choice{};
  int choices = 0;
  SOTTO_RETURN_IF_ERROR(
      lt_.ToStatus(lt_.cublasLtMatmulAlgoGetHeuristic(handle_, plan.desc.get(), plan.w.get(),
                                                      plan.a.get(), plan.c.get(), plan.c.get(),
                                                      preference, 1, &choice, &choices),
                   "cublasLtMatmulAlgoGetHeuristic"));
  if (choices == 0) return absl::InternalError("cuBLASLt knows no algorithm for these sizes");
  plan.algorithm = choice.algo;
  return absl::OkStatus();
}

}  // namespace sotto
