// The keys that clients show: "Authorization: Bearer KEY".
#ifndef SOTTO_TRUSTED_SERVICE_API_KEYS_H_
#define SOTTO_TRUSTED_SERVICE_API_KEYS_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/secret_buffer.h"
#include "base/status.h"
#include "base/wiping_allocator.h"

namespace sotto {

class ApiKeys {
 public:
  // None: everybody may call.
  ApiKeys() = default;

  // A key a line; blank lines and those that begin with # are skipped. INVALID_ARGUMENT, with the
  // number of the line, for a key of fewer than 16 characters or with one that a header cannot
  // have; the same for a text without keys.
  static absl::StatusOr<ApiKeys> Parse(std::string_view text);
  // The keys of such a text, whatever they are. Views into `text`.
  static std::vector<std::string_view> Of(std::string_view text);
  // The same of a list of them, at least one: the error names the element.
  static absl::StatusOr<ApiKeys> FromList(const SecretVector<SecretString>& keys);

  bool required() const { return digests_.size() > 0; }
  // Which of the keys the header's value shows, from 1 on in the order of the text; nullopt: none.
  // 0 where there are none to show. Takes the same time whichever it is, and however much of it is
  // right: digests are compared, and all of them.
  std::optional<size_t> OwnerOf(std::string_view authorization) const;
  bool Admit(std::string_view authorization) const { return OwnerOf(authorization).has_value(); }

 private:
  explicit ApiKeys(size_t count);
  void SetDigest(size_t index, std::string_view key);

  SecretBuffer digests_;  // SHA-256 of each key, one after the other.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_API_KEYS_H_
