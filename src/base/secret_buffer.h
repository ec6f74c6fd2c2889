// Memory for keys, seeds and masks.
#ifndef SOTTO_BASE_SECRET_BUFFER_H_
#define SOTTO_BASE_SECRET_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace sotto {

// Owns `size` bytes: zero at first, locked in memory where the system permits, excluded from core
// dumps, zeroised (not optimised away) on destruction and on move-from. Not copyable. Comparing
// or printing one does not compile; reach the bytes through span(), which is easy to grep for.
class SecretBuffer {
 public:
  SecretBuffer() = default;
  explicit SecretBuffer(size_t size);
  ~SecretBuffer();
  SecretBuffer(SecretBuffer&& other) noexcept;
  SecretBuffer& operator=(SecretBuffer&& other) noexcept;
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;

  size_t size() const { return size_; }
  std::span<uint8_t> span() { return {data_, size_}; }
  std::span<const uint8_t> span() const { return {data_, size_}; }

  // Zeroises now; the size stays.
  void Wipe();

 private:
  void Release();

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_BASE_SECRET_BUFFER_H_
