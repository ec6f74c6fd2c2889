// `sotto` wipes what C++ frees: texts and token ids pass through many containers, of the tokenizer,
// of JSON and of the standard library, which would leave copies in freed memory. The library does
// not, as that is its host program's to choose.
#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

// Larger blocks are mapped (mallopt(3), M_MMAP_THRESHOLD): free() gives them back to the kernel.
constexpr size_t kMapped = size_t{32} << 20;

void WipeAndFree(void* block) noexcept {
  if (block == nullptr) return;
  const size_t size = malloc_usable_size(block);
  if (size <= kMapped) explicit_bzero(block, size);
  std::free(block);
}

}  // namespace

// Those for arrays and the others call these (C++20, new.delete).
void operator delete(void* block) noexcept { WipeAndFree(block); }
void operator delete(void* block, std::size_t) noexcept { WipeAndFree(block); }
void operator delete(void* block, std::align_val_t) noexcept { WipeAndFree(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { WipeAndFree(block); }
