#include "trusted/service/response_json.h"

#include <openssl/rand.h>

#include <array>

#include "base/check.h"

namespace sotto {

SecretString RandomId(std::string_view prefix) {
  std::array<unsigned char, 16> bytes{};
  SOTTO_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  SecretString id(prefix);
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const unsigned char byte : bytes) {
    id += kDigits[byte >> 4];
    id += kDigits[byte & 15];
  }
  return id;
}

}  // namespace sotto
