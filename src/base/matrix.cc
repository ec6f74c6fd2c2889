#include "base/matrix.h"

#include <cstdlib>
#include <new>

#include "base/memory.h"

namespace sotto {

void* AlignedAlloc(size_t size_bytes) {
  while (true) {
    if (void* const p = TryAlignedAlloc(size_bytes); p != nullptr) return p;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void AlignedFree(void* p) { std::free(p); }

}  // namespace sotto
