#include "base/secret_buffer.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

#include "base/memory.h"

namespace sotto {
namespace {

size_t WholePages(size_t size) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

}  // namespace

SecretBuffer::SecretBuffer(size_t size) : size_(size) {
  if (size == 0) return;
  void* p =
      mmap(nullptr, WholePages(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) MemoryRanOut();
  data_ = static_cast<uint8_t*>(p);
  // Both may be refused (RLIMIT_MEMLOCK, Gramine); enclave memory is neither swapped nor dumped.
  (void)mlock(p, WholePages(size));
  (void)madvise(p, WholePages(size), MADV_DONTDUMP);
}

SecretBuffer::~SecretBuffer() { Release(); }

SecretBuffer::SecretBuffer(SecretBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBuffer& SecretBuffer::operator=(SecretBuffer&& other) noexcept {
  if (this == &other) return *this;
  Release();
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void SecretBuffer::Wipe() {
  if (data_ != nullptr) OPENSSL_cleanse(data_, size_);
}

void SecretBuffer::Release() {
  if (data_ == nullptr) return;
  Wipe();
  munmap(data_, WholePages(size_));
  data_ = nullptr;
  size_ = 0;
}

}  // namespace sotto
