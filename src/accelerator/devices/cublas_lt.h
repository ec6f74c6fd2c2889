// cuBLASLt, loaded when a cuda device is opened: a program linked with it would not start on a host
// without it.
#ifndef SOTTO_ACCELERATOR_DEVICES_CUBLAS_LT_H_
#define SOTTO_ACCELERATOR_DEVICES_CUBLAS_LT_H_

#include <cublasLt.h>

#include <string>

#include "base/status.h"

namespace sotto {

// What this project calls.
#define SOTTO_CUBLAS_LT_FUNCTIONS(FUNCTION)      \
  FUNCTION(cublasLtCreate)                       \
  FUNCTION(cublasLtDestroy)                      \
  FUNCTION(cublasLtGetStatusString)              \
  FUNCTION(cublasLtMatmul)                       \
  FUNCTION(cublasLtMatmulAlgoGetHeuristic)       \
  FUNCTION(cublasLtMatmulDescCreate)             \
  FUNCTION(cublasLtMatmulDescDestroy)            \
  FUNCTION(cublasLtMatmulDescSetAttribute)       \
  FUNCTION(cublasLtMatmulPreferenceCreate)       \
  FUNCTION(cublasLtMatmulPreferenceDestroy)      \
  FUNCTION(cublasLtMatmulPreferenceSetAttribute) \
  FUNCTION(cublasLtMatrixLayoutCreate)           \
  FUNCTION(cublasLtMatrixLayoutDestroy)

// The library's functions, by their own names.
struct CublasLt {
#define SOTTO_MEMBER(function) decltype(&::function) function = nullptr;
  SOTTO_CUBLAS_LT_FUNCTIONS(SOTTO_MEMBER)
#undef SOTTO_MEMBER

  // RESOURCE_EXHAUSTED for memory, INTERNAL otherwise, with cuBLASLt's words.
  absl::Status ToStatus(cublasStatus_t code, const char* what) const;
};

// The version whose headers this was built with: "libcublasLt.so.13".
std::string CublasLtName();

// Stays loaded until the process ends. UNAVAILABLE, naming it, when `library` can't be loaded or
// lacks one of the functions.
absl::StatusOr<CublasLt> LoadCublasLt(const std::string& library);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_CUBLAS_LT_H_
