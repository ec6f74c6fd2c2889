// Memory of an exchange that a session's thread reuses from one exchange to the next.
#ifndef SOTTO_ACCELERATOR_WORK_BUFFER_H_
#define SOTTO_ACCELERATOR_WORK_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "accelerator/device.h"
#include "base/matrix.h"

namespace sotto {

class WorkBuffer {
 public:
  // `device` copies from it and to it, and outlives it.
  explicit WorkBuffer(Device& device) : device_(&device) {}

  // `size` bytes, 64-byte aligned, not initialised.
  void Resize(size_t size) {
    if (size > capacity_) {
      data_ = nullptr;  // The old memory goes before the new one comes.
      data_ = Allocate(size);
      capacity_ = size;
    }
    size_ = size;
  }
  std::span<uint8_t> bytes() { return {data_.get(), size_}; }

 private:
  HostMemory Allocate(size_t size) const {
    if (HostMemory pinned = device_->AllocatePinned(size)) return pinned;
    return HostMemory(MakeAlignedArray<uint8_t>(size).release(),
                      [](uint8_t* p) { AlignedFree(p); });
  }

  Device* device_;
  HostMemory data_{nullptr, nullptr};
  size_t capacity_ = 0, size_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_WORK_BUFFER_H_
