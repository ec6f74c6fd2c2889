// All memory of a forward pass, allocated once, handed out front to back.
#ifndef SOTTO_ENCLAVE_PREFILL_ARENA_H_
#define SOTTO_ENCLAVE_PREFILL_ARENA_H_

#include <cstddef>
#include <cstdint>

#include "base/matrix.h"

namespace sotto {

class Arena {
 public:
  explicit Arena(size_t size_bytes)
      : memory_(MakeAlignedArray<uint8_t>(size_bytes)), size_(size_bytes) {}

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
  AlignedArray<uint8_t> memory_;
  size_t size_, used_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_ENCLAVE_PREFILL_ARENA_H_
