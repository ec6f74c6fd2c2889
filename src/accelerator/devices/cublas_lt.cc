#include "accelerator/devices/cublas_lt.h"

#include <dlfcn.h>

#include "base/strings.h"

namespace sotto {

absl::Status CublasLt::ToStatus(cublasStatus_t code, const char* what) const {
  if (code == CUBLAS_STATUS_SUCCESS) return absl::OkStatus();
  const std::string message = StrCat(what, ": ", cublasLtGetStatusString(code));
  return code == CUBLAS_STATUS_ALLOC_FAILED ? absl::ResourceExhaustedError(message)
                                            : absl::InternalError(message);
}

std::string CublasLtName() { return StrCat("libcublasLt.so.", CUBLAS_VER_MAJOR); }

absl::StatusOr<CublasLt> LoadCublasLt(const std::string& library) {
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return absl::UnavailableError(StrCat("cuBLASLt cannot be loaded: ", dlerror()));
  }
  CublasLt loaded;
  const char* missing = nullptr;
#define SOTTO_FIND(function)                                                           \
  loaded.function = reinterpret_cast<decltype(&::function)>(dlsym(handle, #function)); \
  if (loaded.function == nullptr) missing = #function;
  SOTTO_CUBLAS_LT_FUNCTIONS(SOTTO_FIND)
#undef SOTTO_FIND
  if (missing != nullptr) {
    return absl::UnavailableError(StrCat(library, " has no ", missing));
  }
  return loaded;
}

}  // namespace sotto
