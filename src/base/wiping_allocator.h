// Memory for what is secret but of no fixed size, such as a request's text: containers with this
// allocator zeroise every block that they give back, those that they grow out of too.
#ifndef SOTTO_BASE_WIPING_ALLOCATOR_H_
#define SOTTO_BASE_WIPING_ALLOCATOR_H_

#include <openssl/crypto.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace sotto {

template <typename T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() = default;
  template <typename U>
  WipingAllocator(const WipingAllocator<U>&) {}

  T* allocate(size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* memory, size_t count) {
    OPENSSL_cleanse(static_cast<void*>(memory), count * sizeof(T));
    std::allocator<T>().deallocate(memory, count);
  }
  template <typename U>
  bool operator==(const WipingAllocator<U>&) const {
    return true;
  }
};

// A short one lives in the object itself, and is wiped with it where that has such memory.
using SecretString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;
template <typename T>
using SecretVector = std::vector<T, WipingAllocator<T>>;

// Zeroises what a plain container holds; its size stays.
template <typename Container>
void WipeContents(Container& container) {
  OPENSSL_cleanse(container.data(), container.size() * sizeof(*container.data()));
}

}  // namespace sotto

#endif  // SOTTO_BASE_WIPING_ALLOCATOR_H_
