// All memory of a forward pass, allocated once, handed out front to back.
#ifndef SOTTO_TRUSTED_ENGINE_ARENA_H_
#define SOTTO_TRUSTED_ENGINE_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/matrix.h"
#include "base/memory.h"

namespace sotto {

class Arena {
 public:
  // RESOURCE_EXHAUSTED when the system does not give the memory.
  static absl::StatusOr<Arena> Create(size_t size_bytes) {
    SOTTO_ASSIGN_OR_RETURN(AlignedArray<uint8_t> memory, AllocateAligned<uint8_t>(size_bytes));
    return Arena(std::move(memory), size_bytes);
  }

  // Bytes that one Take() of `size_bytes` uses up.
  static size_t Rounded(size_t size_bytes) { return (size_bytes + 63) / 64 * 64; }

  // 64-byte aligned, not initialised. REQUIRES: it fits (checked).
  uint8_t* Take(size_t size_bytes) {
    SOTTO_CHECK(Rounded(size_bytes) <= size_ - used_);
    uint8_t* part = memory_.get() + used_;
    used_ += Rounded(size_bytes);
    return part;
  }
  MatrixView<float> TakeMatrix(size_t rows, size_t cols) {
    return {reinterpret_cast<float*>(Take(rows * cols * sizeof(float))), rows, cols};
  }

  size_t size_bytes() const { return size_; }

 private:
  Arena(AlignedArray<uint8_t> memory, size_t size_bytes)
      : memory_(std::move(memory)), size_(size_bytes) {}

  AlignedArray<uint8_t> memory_;
  size_t size_, used_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_ARENA_H_
