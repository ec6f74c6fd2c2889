#include "attest/keyset.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "attest/canonical_json.h"
#include "attest/certificates.h"
#include "attest/ed25519.h"
#include "attest/hex.h"
#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

using Json = nlohmann::json;

// No keyset has more of a kind.
constexpr size_t kMostKeys = 64;

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

absl::StatusOr<std::vector<NamedPublicKey>> NamedKeys(const Json& keyset, const char* member) {
  SOTTO_ASSIGN_OR_RETURN(const Json* list, KeyList(keyset, member));
  std::vector<NamedPublicKey> keys;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string where = StrCat(member, "[", i, "].");
    const Json& object = (*list)[i];
    NamedPublicKey key;
    SOTTO_ASSIGN_OR_RETURN(key.key_id, TextMember(object, where, "key_id"));
    SOTTO_ASSIGN_OR_RETURN(key.algo, TextMember(object, where, "algo"));
    SOTTO_ASSIGN_OR_RETURN(key.public_key, TextMember(object, where, "public_key"));
    const bool ed25519 = key.algo == kReceiptKeyAlgo || key.algo == kChannelKeyAlgo;
    if (ed25519 && !IsLowerHex(key.public_key, 64)) {
      return BadMember(where, "public_key", "64 lower-case hexadecimal digits");
    }
    if (ed25519 && IsLowOrderEd25519(absl::HexStringToBytes(key.public_key))) {
      return BadMember(where, "public_key", "a key: under this point anybody can sign");
    }
    const bool twice = std::any_of(keys.begin(), keys.end(),
                                   [&](const auto& other) { return other.key_id == key.key_id; });
    if (twice) return absl::InvalidArgumentError(StrCat(where, "key_id names two keys"));
    keys.push_back(std::move(key));
  }
  return keys;
}

// A key has one role.
absl::Status CheckRoles(const std::vector<NamedPublicKey>& receipt_keys,
                        const std::vector<NamedPublicKey>& e2ee_keys) {
  for (size_t i = 0; i < e2ee_keys.size(); ++i) {
    const bool both = std::any_of(receipt_keys.begin(), receipt_keys.end(), [&](const auto& key) {
      return key.public_key == e2ee_keys[i].public_key;
    });
    if (both) {
      return absl::InvalidArgumentError(
          StrCat("e2ee_public_keys[", i, "].public_key is a receipt key, too"));
    }
  }
  return absl::OkStatus();
}

Json NamedKeysJson(const std::vector<NamedPublicKey>& keys) {
  Json list = Json::array();
  for (const NamedPublicKey& key : keys) {
    list.push_back({{"key_id", key.key_id}, {"algo", key.algo}, {"public_key", key.public_key}});
  }
  return list;
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
  if (subject != object.end() && subject->is_string()) {
    keyset.subject_ = subject->get<std::string>();
  }
  SOTTO_ASSIGN_OR_RETURN(keyset.receipt_keys_, NamedKeys(object, "receipt_signing_keys"));
  SOTTO_ASSIGN_OR_RETURN(keyset.tls_keys_, TlsKeys(object));
  SOTTO_ASSIGN_OR_RETURN(keyset.e2ee_keys_, NamedKeys(object, "e2ee_public_keys"));
  SOTTO_RETURN_IF_ERROR(CheckRoles(keyset.receipt_keys_, keyset.e2ee_keys_));
  SOTTO_ASSIGN_OR_RETURN(const std::string canonical, CanonicalJson(object));
  keyset.digest_ = PrefixedSha256(canonical);
  keyset.json_ = object;
  return keyset;
}

WorkloadKeyset WorkloadKeyset::Make(std::optional<std::string> subject, int64_t not_after,
                                    const std::vector<NamedPublicKey>& receipt_signing_keys,
                                    const std::vector<TlsPublicKey>& tls_public_keys,
                                    const std::vector<NamedPublicKey>& e2ee_public_keys) {
  Json object = {{"subject", subject.has_value() ? Json(*subject) : Json()},
                 {"not_after", static_cast<uint64_t>(not_after)},
                 {"receipt_signing_keys", NamedKeysJson(receipt_signing_keys)},
                 {"e2ee_public_keys", NamedKeysJson(e2ee_public_keys)},
                 {"tls_public_keys", Json::array()}};
  for (const TlsPublicKey& key : tls_public_keys) {
    Json entry = {{"spki_sha256", key.spki_sha256}};
    if (key.domain.has_value()) entry["domain"] = *key.domain;
    object["tls_public_keys"].push_back(std::move(entry));
  }
  auto keyset = Parse(object);
  SOTTO_CHECK(keyset.ok());  // Its parts come from this program.
  return *std::move(keyset);
}

KeysetClaims WorkloadKeyset::Claims() const {
  return {.digest = digest_,
          .subject = subject_,
          .not_after = std::chrono::sys_seconds(std::chrono::seconds(not_after_))};
}

bool IsAttestationNonce(std::string_view nonce) { return IsLowerHex(nonce, 64); }

std::string AttestationStatement(std::string_view keyset_digest,
                                 const std::optional<std::string>& nonce) {
  SOTTO_CHECK(!nonce.has_value() || IsAttestationNonce(*nonce));
  const std::string quoted = nonce.has_value() ? StrCat("\"", *nonce, "\"") : "null";
  return StrCat("{\"keyset_digest\":\"", keyset_digest, "\",\"nonce\":", quoted,
                ",\"purpose\":\"aci.report_data.v1\"}");
}

std::string AttestedReportData(std::string_view keyset_digest,
                               const std::optional<std::string>& nonce) {
  return Sha256Bytes(AttestationStatement(keyset_digest, nonce));
}

std::string ReportDataSlot(std::string_view report_data) {
  SOTTO_CHECK(report_data.size() <= kReportDataSlotBytes);
  std::string slot(report_data);
  slot.resize(kReportDataSlotBytes);
  return slot;
}

std::string PrefixedSha256(std::string_view bytes) {
  return "sha256:" + absl::BytesToHexString(Sha256Bytes(bytes));
}

}  // namespace sotto
