// Memory of an exchange that a session's thread reuses from one exchange to the next.
#ifndef SOTTO_ACCELERATOR_WORK_BUFFER_H_
#define SOTTO_ACCELERATOR_WORK_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/matrix.h"

namespace sotto {

class WorkBuffer {
 public:
  // `size` bytes, 64-byte aligned, not initialised.
  void Resize(size_t size) {
    if (size > capacity_) {
      data_ = nullptr;  // The old memory goes before the new one comes.
      data_ = MakeAlignedArray<uint8_t>(size);
      capacity_ = size;
    }
    size_ = size;
  }
  std::span<uint8_t> bytes() { return {data_.get(), size_}; }

 private:
  AlignedArray<uint8_t> data_;
  size_t capacity_ = 0, size_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_WORK_BUFFER_H_
