#include "trusted/service/provision_document.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "model/sealed_chunk.h"
#include "trusted/identity/tls_key.h"
#include "trusted/service/request_json.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

constexpr std::string_view kPurposeMember = "purpose", kModelKeyMember = "model_key",
                           kApiKeysMember = "api_keys", kTlsNamesMember = "tls_names";
constexpr std::string_view kProvisionPurpose = "sotto.provision.v1";
constexpr std::array kProvisionMembers = {kPurposeMember, kModelKeyMember, kApiKeysMember,
                                          kTlsNamesMember};
constexpr size_t kMostTlsNames = 64;

absl::Status CheckPurpose(const RequestFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(const std::optional<SecretString> purpose, fields.String(kPurposeMember));
  if (purpose.has_value() && *purpose == kProvisionPurpose) return absl::OkStatus();
  return MemberError(kPurposeMember, StrCat("must be \"", kProvisionPurpose, "\""));
}

absl::StatusOr<SecretBuffer> ModelKeyOf(const RequestFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(const std::optional<SecretString> digits, fields.String(kModelKeyMember));
  if (!digits.has_value()) return SecretBuffer();
  // 32 characters would be a key of these very bytes.
  if (digits->size() == 2 * kSealKeyBytes) {
    absl::StatusOr<SecretBuffer> key = ParseKey(*digits, std::string(kModelKeyMember));
    if (key.ok()) return key;
  }
  return MemberError(kModelKeyMember, StrCat("must be ", 2 * kSealKeyBytes, " hex digits"));
}

// Where it is there.
absl::StatusOr<SecretVector<SecretString>> ArrayOf(const RequestFields& fields,
                                                   std::string_view name) {
  if (!fields.Find(name)->is_array()) return MemberError(name, "must be an array");
  return fields.Strings(name);
}

absl::StatusOr<ApiKeys> ApiKeysOf(const RequestFields& fields) {
  if (fields.Find(kApiKeysMember) == nullptr) return ApiKeys();
  SOTTO_ASSIGN_OR_RETURN(const SecretVector<SecretString> list, ArrayOf(fields, kApiKeysMember));
  absl::StatusOr<ApiKeys> keys = ApiKeys::FromList(list);
  if (!keys.ok()) return MemberError(kApiKeysMember, ToStd(keys.status().message()));
  return keys;
}

absl::StatusOr<std::vector<std::string>> TlsNamesOf(const RequestFields& fields) {
  std::vector<std::string> names;
  if (fields.Find(kTlsNamesMember) == nullptr) return names;
  SOTTO_ASSIGN_OR_RETURN(const SecretVector<SecretString> list, ArrayOf(fields, kTlsNamesMember));
  if (list.size() > kMostTlsNames) {
    return MemberError(kTlsNamesMember, StrCat("are more than ", kMostTlsNames));
  }
  for (const SecretString& name : list) {
    if (const absl::Status valid = CheckTlsName(name); !valid.ok()) {
      return MemberError(kTlsNamesMember, ToStd(valid.message()));
    }
    names.emplace_back(name);
  }
  return names;
}

}  // namespace

absl::StatusOr<ProvisionDocument> ParseProvisionDocument(std::string_view body) {
  if (body.size() > kMaxProvisionBytes) {
    return absl::InvalidArgumentError("the body is too long");
  }
  SOTTO_ASSIGN_OR_RETURN(const RequestFields fields,
                         RequestFields::Parse(body, kProvisionMembers, RequestLimits()));
  SOTTO_RETURN_IF_ERROR(CheckPurpose(fields));
  // A script's empty variable, rather than a service that everybody may call.
  if (const std::optional<std::string> empty = fields.NullMember(); empty.has_value()) {
    return MemberError(*empty, "must not be null: what is not handed over is left out");
  }
  ProvisionDocument document;
  SOTTO_ASSIGN_OR_RETURN(document.model_key, ModelKeyOf(fields));
  SOTTO_ASSIGN_OR_RETURN(document.api_keys, ApiKeysOf(fields));
  SOTTO_ASSIGN_OR_RETURN(document.tls_names, TlsNamesOf(fields));
  return document;
}

}  // namespace sotto
