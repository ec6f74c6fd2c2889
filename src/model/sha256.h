// SHA-256 as 64 hex digits.
#ifndef SOTTO_MODEL_SHA256_H_
#define SOTTO_MODEL_SHA256_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sotto {

// Of bytes that come in pieces. Throws std::bad_alloc where the system refuses OpenSSL memory.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void Update(std::span<const uint8_t> bytes);
  // Once, and last.
  std::string FinishHex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string Sha256Hex(std::string_view data);

// 64 hexadecimal digits, in either case.
bool IsSha256Hex(std::string_view text);

}  // namespace sotto

#endif  // SOTTO_MODEL_SHA256_H_
