#include "base/matrix.h"

#include <cstdlib>

#include "base/memory.h"

namespace sotto {

void* AlignedAlloc(size_t size_bytes) {
  void* const p = TryAlignedAlloc(size_bytes);
  if (p == nullptr) MemoryRanOut();
  return p;
}

void AlignedFree(void* p) { std::free(p); }

}  // namespace sotto
