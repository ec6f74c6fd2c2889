#include <openssl/crypto.h>

#include <algorithm>
#include <string>

#include "base/file.h"
#include "base/strings.h"
#include "model/sealed_chunk.h"

namespace sotto {

absl::StatusOr<SecretBuffer> ReadKeyFile(const std::string& path) {
  constexpr size_t kLongest = 2 * kSealKeyBytes + 2;
  SOTTO_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kLongest));
  SecretBuffer key(kSealKeyBytes);
  bool good = text.size() == kSealKeyBytes;
  if (good) {
    std::copy(text.begin(), text.end(), key.span().begin());
  } else {
    std::string_view digits = text;
    while (digits.ends_with('\n') || digits.ends_with('\r')) digits.remove_suffix(1);
    if (absl::StatusOr<Hash256> bytes = HashFromHex(digits, path); bytes.ok()) {
      std::copy(bytes->begin(), bytes->end(), key.span().begin());
      OPENSSL_cleanse(bytes->data(), bytes->size());
      good = true;
    }
  }
  OPENSSL_cleanse(text.data(), text.size());
  if (good) return key;
  return absl::FailedPreconditionError(
      StrCat(path, ": a key file holds 32 bytes, or 64 hex digits"));
}

}  // namespace sotto
