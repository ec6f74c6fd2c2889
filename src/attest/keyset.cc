#include "attest/keyset.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "attest/canonical_json.h"
#include "attest/certificates.h"
#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

using Json = nlohmann::json;

// No keyset has more of a kind.
constexpr size_t kMostKeys = 64;

bool IsLowerHex(std::string_view text, size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

absl::Status BadMember(std::string_view where, std::string_view member, std::string_view what) {
  return absl::InvalidArgumentError(StrCat(where, member, " is not ", what));
}

absl::StatusOr<std::string> TextMember(const Json& object, const std::string& where,
                                       const char* member) {
  const auto it = object.find(member);
  if (it == object.end() || !it->is_string()) return BadMember(where, member, "a string");
  return it->get<std::string>();
}

absl::StatusOr<const Json*> KeyList(const Json& keyset, const char* member) {
  const auto it = keyset.find(member);
  const bool fits =
      it != keyset.end() && it->is_array() && it->size() <= kMostKeys &&
      std::all_of(it->begin(), it->end(), [](const Json& e) { return e.is_object(); });
  if (!fits) return BadMember("", member, StrCat("an array of at most ", kMostKeys, " objects"));
  return &*it;
}

absl::StatusOr<std::vector<ReceiptSigningKey>> ReceiptKeys(const Json& keyset) {
  SOTTO_ASSIGN_OR_RETURN(const Json* list, KeyList(keyset, "receipt_signing_keys"));
  std::vector<ReceiptSigningKey> keys;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string where = StrCat("receipt_signing_keys[", i, "].");
    const Json& object = (*list)[i];
    ReceiptSigningKey key;
    SOTTO_ASSIGN_OR_RETURN(key.key_id, TextMember(object, where, "key_id"));
    SOTTO_ASSIGN_OR_RETURN(key.algo, TextMember(object, where, "algo"));
    SOTTO_ASSIGN_OR_RETURN(key.public_key, TextMember(object, where, "public_key"));
    if (key.algo == "ed25519" && !IsLowerHex(key.public_key, 64)) {
      return BadMember(where, "public_key", "64 lower-case hexadecimal digits");
    }
    const bool twice = std::any_of(keys.begin(), keys.end(),
                                   [&](const auto& other) { return other.key_id == key.key_id; });
    if (twice) return absl::InvalidArgumentError(StrCat(where, "key_id names two keys"));
    keys.push_back(std::move(key));
  }
  return keys;
}

absl::StatusOr<std::vector<TlsPublicKey>> TlsKeys(const Json& keyset) {
  SOTTO_ASSIGN_OR_RETURN(const Json* list, KeyList(keyset, "tls_public_keys"));
  std::vector<TlsPublicKey> keys;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string where = StrCat("tls_public_keys[", i, "].");
    TlsPublicKey key;
    SOTTO_ASSIGN_OR_RETURN(key.spki_sha256, TextMember((*list)[i], where, "spki_sha256"));
    if (!IsLowerHex(key.spki_sha256, 64)) {
      return BadMember(where, "spki_sha256", "64 lower-case hexadecimal digits");
    }
    if ((*list)[i].contains("domain")) {
      SOTTO_ASSIGN_OR_RETURN(key.domain, TextMember((*list)[i], where, "domain"));
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace

absl::StatusOr<WorkloadKeyset> WorkloadKeyset::Parse(const Json& object) {
  if (!object.is_object()) return absl::InvalidArgumentError("not a JSON object");
  WorkloadKeyset keyset;
  const auto not_after = object.find("not_after");
  if (not_after == object.end() || !not_after->is_number_unsigned() ||
      not_after->get<uint64_t>() > INT64_MAX) {
    return BadMember("", "not_after", "seconds since 1970");
  }
  keyset.not_after_ = not_after->get<int64_t>();
  const auto subject = object.find("subject");
  if (subject != object.end() && !subject->is_string() && !subject->is_null()) {
    return BadMember("", "subject", "a string");
  }
  SOTTO_ASSIGN_OR_RETURN(keyset.receipt_keys_, ReceiptKeys(object));
  SOTTO_ASSIGN_OR_RETURN(keyset.tls_keys_, TlsKeys(object));
  SOTTO_RETURN_IF_ERROR(KeyList(object, "e2ee_public_keys").status());
  SOTTO_ASSIGN_OR_RETURN(const std::string canonical, CanonicalJson(object));
  keyset.digest_ = PrefixedSha256(canonical);
  keyset.json_ = object;
  return keyset;
}

WorkloadKeyset WorkloadKeyset::Make(std::optional<std::string> subject, int64_t not_after,
                                    std::vector<ReceiptSigningKey> receipt_signing_keys,
                                    std::vector<TlsPublicKey> tls_public_keys) {
  Json object = {{"subject", subject.has_value() ? Json(*subject) : Json()},
                 {"not_after", static_cast<uint64_t>(not_after)},
                 {"receipt_signing_keys", Json::array()},
                 {"e2ee_public_keys", Json::array()},
                 {"tls_public_keys", Json::array()}};
  for (const ReceiptSigningKey& key : receipt_signing_keys) {
    object["receipt_signing_keys"].push_back(
        {{"key_id", key.key_id}, {"algo", key.algo}, {"public_key", key.public_key}});
  }
  for (const TlsPublicKey& key : tls_public_keys) {
    Json entry = {{"spki_sha256", key.spki_sha256}};
    if (key.domain.has_value()) entry["domain"] = *key.domain;
    object["tls_public_keys"].push_back(std::move(entry));
  }
  auto keyset = Parse(object);
  SOTTO_CHECK(keyset.ok());  // Its parts come from this program.
  return *std::move(keyset);
}

bool IsAttestationNonce(std::string_view nonce) { return IsLowerHex(nonce, 64); }

std::string AttestedReportData(std::string_view keyset_digest,
                               const std::optional<std::string>& nonce) {
  SOTTO_CHECK(!nonce.has_value() || IsAttestationNonce(*nonce));
  const std::string quoted = nonce.has_value() ? StrCat("\"", *nonce, "\"") : "null";
  return Sha256Bytes(StrCat("{\"keyset_digest\":\"", keyset_digest, "\",\"nonce\":", quoted,
                            ",\"purpose\":\"aci.report_data.v1\"}"));
}

std::string PrefixedSha256(std::string_view bytes) {
  return "sha256:" + absl::BytesToHexString(Sha256Bytes(bytes));
}

}  // namespace sotto
