#include <openssl/crypto.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/strings.h"
#include "model/sealed_chunk.h"

namespace sotto {

absl::StatusOr<SecretBuffer> ParseKey(std::string_view text, const std::string& source) {
  SecretBuffer key(kSealKeyBytes);
  if (text.size() == kSealKeyBytes) {
    std::copy(text.begin(), text.end(), key.span().begin());
    return key;
  }
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  absl::StatusOr<Hash256> bytes = HashFromHex(text, source);
  if (!bytes.ok()) {
    return absl::FailedPreconditionError(
        StrCat(source, ": a key file must hold 32 bytes or 64 hex digits"));
  }
  std::copy(bytes->begin(), bytes->end(), key.span().begin());
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return key;
}

absl::StatusOr<SecretBuffer> ReadKeyFile(const std::string& path) {
  constexpr size_t kLongest = 2 * kSealKeyBytes + 2;
  SOTTO_ASSIGN_OR_RETURN(std::string text, ReadFileOrPipe(path, kLongest));
  absl::StatusOr<SecretBuffer> key = ParseKey(text, DisplayName(path));
  OPENSSL_cleanse(text.data(), text.size());
  return key;
}

}  // namespace sotto
