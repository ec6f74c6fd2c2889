// Memory that only this process can change: where bytes from a file go before they are checked.
#ifndef SOTTO_MODEL_PRIVATE_MEMORY_H_
#define SOTTO_MODEL_PRIVATE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"

namespace sotto {

class PrivateMemory {
 public:
  // Zero at first, in huge pages where the system gives them. RESOURCE_EXHAUSTED when it does not
  // give `size` bytes.
  static absl::StatusOr<PrivateMemory> Allocate(size_t size);
  PrivateMemory() = default;
  ~PrivateMemory();
  PrivateMemory(PrivateMemory&& other) noexcept;
  PrivateMemory& operator=(PrivateMemory&& other) noexcept;

  std::span<uint8_t> span() { return {data_, size_}; }
  std::span<const uint8_t> span() const { return {data_, size_}; }
  // Gives back the whole pages inside `part` (a span of span()): they then read as zero.
  void Drop(std::span<const uint8_t> part) const;

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_MODEL_PRIVATE_MEMORY_H_
