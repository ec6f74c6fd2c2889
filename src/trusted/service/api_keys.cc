#include "trusted/service/api_keys.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr size_t kMinKeyBytes = 16;
constexpr std::string_view kScheme = "bearer ";

using KeyDigest = std::array<uint8_t, SHA256_DIGEST_LENGTH>;

KeyDigest DigestOf(std::string_view key) {
  KeyDigest digest;
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  return digest;
}

std::string_view WithoutBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool IsKey(std::string_view key) {
  return key.size() >= kMinKeyBytes &&
         std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; });
}

absl::Status NoKey(std::string_view what, size_t number) {
  return absl::InvalidArgumentError(StrCat(what, " ", number, ": a key has at least ", kMinKeyBytes,
                                           " characters, all of them visible ASCII"));
}

// Calls `found(line, key)`, lines being counted from 1.
template <typename Found>
void ForEachKey(std::string_view text, const Found& found) {
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view key = WithoutBlanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!key.empty() && !key.starts_with('#')) found(number, key);
  }
}

bool HasScheme(std::string_view value) {
  return value.size() > kScheme.size() &&
         std::ranges::equal(value.substr(0, kScheme.size()), kScheme, [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         });
}

}  // namespace

ApiKeys::ApiKeys(size_t count) : digests_(count * sizeof(KeyDigest)) {}

void ApiKeys::SetDigest(size_t index, std::string_view key) {
  std::ranges::copy(DigestOf(key),
                    digests_.span().begin() + static_cast<ptrdiff_t>(index * sizeof(KeyDigest)));
}

absl::StatusOr<ApiKeys> ApiKeys::Parse(std::string_view text) {
  std::vector<std::string_view> found;
  absl::Status status;
  ForEachKey(text, [&](size_t line, std::string_view key) {
    if (status.ok() && !IsKey(key)) status = NoKey("line", line);
    found.push_back(key);
  });
  SOTTO_RETURN_IF_ERROR(status);
  if (found.empty()) return absl::InvalidArgumentError("has no key");
  ApiKeys keys(found.size());
  for (size_t i = 0; i < found.size(); ++i) keys.SetDigest(i, found[i]);
  return keys;
}

std::vector<std::string_view> ApiKeys::Of(std::string_view text) {
  std::vector<std::string_view> keys;
  ForEachKey(text, [&](size_t, std::string_view key) { keys.push_back(key); });
  return keys;
}

absl::StatusOr<ApiKeys> ApiKeys::FromList(const SecretVector<SecretString>& list) {
  if (list.empty()) return absl::InvalidArgumentError("has no key");
  ApiKeys keys(list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    if (!IsKey(list[i])) return NoKey("element", i);
    keys.SetDigest(i, list[i]);
  }
  return keys;
}

std::optional<size_t> ApiKeys::OwnerOf(std::string_view authorization) const {
  if (!required()) return 0;
  if (!HasScheme(authorization)) return std::nullopt;
  const KeyDigest shown = DigestOf(WithoutBlanks(authorization.substr(kScheme.size())));
  size_t found = 0;
  for (size_t i = 0; i < digests_.size() / sizeof(KeyDigest); ++i) {
    const uint8_t* const digest = digests_.span().data() + i * sizeof(KeyDigest);
    const auto same = static_cast<size_t>(CRYPTO_memcmp(digest, shown.data(), shown.size()) == 0);
    // A key that stands twice has one number.
    found += same * static_cast<size_t>(found == 0) * (i + 1);
  }
  if (found == 0) return std::nullopt;
  return found;
}

}  // namespace sotto
