#include "model/private_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <utility>

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

void PrivateMemory::Drop(std::span<const uint8_t> part) const {
  if (part.empty()) return;
  // Offsets from data_, which begins a page.
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t offset = static_cast<size_t>(part.data() - data_);
  const size_t begin = (offset + page - 1) / page * page;
  const size_t end = (offset + part.size()) / page * page;
  if (begin < end) madvise(data_ + begin, end - begin, MADV_DONTNEED);
}

}  // namespace sotto
