#include "kernels/gemm_kernel.h"

#include <map>
#include <mutex>
#include <tuple>

#include "kernels/gemm_direct.h"
#include "kernels/gemm_onednn.h"

namespace sotto {
namespace {

std::shared_ptr<const GemmKernel> Make(GemmBackend backend, GemmOperands operands, size_t k,
                                       size_t columns) {
  if (backend == GemmBackend::kBest && DirectGemmKernel::Supports(operands, k)) {
    return std::make_shared<DirectGemmKernel>(operands, k, columns);
  }
  return std::make_shared<OneDnnGemmKernel>(operands, k, columns);
}

}  // namespace

std::shared_ptr<const GemmKernel> GemmKernel::Get(GemmBackend backend, GemmOperands operands,
                                                  size_t k, size_t columns) {
  using Key = std::tuple<GemmBackend, GemmOperands, size_t, size_t>;
  static std::mutex* mutex = new std::mutex;
  static auto* kernels = new std::map<Key, std::weak_ptr<const GemmKernel>>;
  std::lock_guard lock(*mutex);
  std::weak_ptr<const GemmKernel>& slot = (*kernels)[{backend, operands, k, columns}];
  std::shared_ptr<const GemmKernel> kernel = slot.lock();
  if (kernel == nullptr) slot = kernel = Make(backend, operands, k, columns);
  return kernel;
}

}  // namespace sotto
