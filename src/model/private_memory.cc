#include "model/private_memory.h"

#include <sys/mman.h>

#include <utility>

#include "base/memory.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr size_t kWorthHugePages = size_t{4} << 20;

}  // namespace

absl::StatusOr<PrivateMemory> PrivateMemory::Allocate(size_t size) {
  PrivateMemory memory;
  if (size == 0) return memory;
  void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) {
    return absl::ResourceExhaustedError(StrCat("cannot allocate ", size, " bytes of memory"));
  }
  // Advice only: small pages serve too, and better where a huge one would mostly be zeroed in vain.
  if (size >= kWorthHugePages) madvise(p, size, MADV_HUGEPAGE);
  memory.data_ = static_cast<uint8_t*>(p);
  memory.size_ = size;
  return memory;
}

PrivateMemory::~PrivateMemory() {
  if (data_ != nullptr) munmap(data_, size_);
}

PrivateMemory::PrivateMemory(PrivateMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

PrivateMemory& PrivateMemory::operator=(PrivateMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void PrivateMemory::Drop(std::span<const uint8_t> part) const { DropWholePages(data_, part); }

}  // namespace sotto
