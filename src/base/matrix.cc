#include "base/matrix.h"

#include <sys/mman.h>

#include <cstdlib>

namespace sotto {
namespace {

constexpr size_t kHugePageBytes = size_t{2} << 20;

size_t RoundUp(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

}  // namespace

void* AlignedAlloc(size_t size_bytes) {
  const bool huge = size_bytes >= 2 * kHugePageBytes;
  const size_t alignment = huge ? kHugePageBytes : 64;
  const size_t rounded = RoundUp(size_bytes == 0 ? 1 : size_bytes, 64);
  void* p = nullptr;
  SOTTO_CHECK(posix_memalign(&p, alignment, rounded) == 0);
  // Advice only: where huge pages are unavailable (Gramine), small ones serve.
  if (huge) madvise(p, rounded, MADV_HUGEPAGE);
  return p;
}

void AlignedFree(void* p) { std::free(p); }

}  // namespace sotto
