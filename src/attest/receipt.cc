#include "sotto/receipt.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "attest/canonical_json.h"
#include "attest/ed25519.h"
#include "attest/keyset.h"
#include "attest/outside_json.h"
#include "base/strings.h"
#include "base/terminal_text.h"

namespace sotto {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostEvents = 256;

std::string Shown(std::string_view text) { return TerminalText(text.substr(0, 100)); }

// Reads one receipt; what is wrong with it goes into the verdict.
class ReceiptReader {
 public:
  ReceiptReader(const Json& receipt, ReceiptVerdict& verdict)
      : receipt_(receipt), verdict_(verdict) {}

  void Read() {
    if (Text("api_version") != "aci/1") Malformed("api_version is not \"aci/1\"");
    verdict_.receipt_id = Text("receipt_id");
    verdict_.endpoint = Text("endpoint");
    verdict_.method = Text("method");
    verdict_.keyset_digest = Text("workload_keyset_digest");
    verdict_.key_id = Text("key_id");
    if (const auto model = receipt_.find("model"); model != receipt_.end() && !model->is_null()) {
      verdict_.model = Text("model");
    }
    ReadTime();
    ReadEvents();
  }

  // The signature's bytes; of a malformed one, none.
  std::string Signature() {
    const std::string digits = Text("signature");
    const bool hex = digits.size() == 2 * kEd25519SignatureBytes &&
                     std::all_of(digits.begin(), digits.end(), [](char c) {
                       return absl::ascii_isxdigit(static_cast<unsigned char>(c));
                     });
    if (hex) return absl::HexStringToBytes(digits);
    Malformed(StrCat("signature is not ", 2 * kEd25519SignatureBytes, " hexadecimal digits"));
    return "";
  }

 private:
  void Malformed(std::string detail) {
    verdict_.reasons.push_back({ReceiptFault::kMalformed, std::move(detail)});
  }

  std::string Text(const char* member) {
    const auto it = receipt_.find(member);
    if (it != receipt_.end() && it->is_string()) return it->get<std::string>();
    Malformed(StrCat(member, " is not a string"));
    return "";
  }

  void ReadTime() {
    const auto it = receipt_.find("served_at");
    const bool fits = it != receipt_.end() && it->is_number_unsigned() &&
                      it->get<uint64_t>() <= uint64_t{INT64_MAX};
    if (!fits) return Malformed("served_at is not seconds since 1970");
    verdict_.served_at = it->get<int64_t>();
  }

  void ReadEvents() {
    const auto it = receipt_.find("event_log");
    if (it == receipt_.end() || !it->is_array() || it->size() > kMostEvents) {
      return Malformed(StrCat("event_log is not an array of at most ", kMostEvents, " events"));
    }
    for (const Json& event : *it) {
      const bool typed = event.is_object() && event.contains("type") && event["type"].is_string();
      if (!typed) return Malformed("event_log has an event without a type");
      verdict_.events.push_back(event["type"].get<std::string>());
    }
    verdict_.request_sha256 = BodyHash(*it, "request.received");
    verdict_.response_sha256 = BodyHash(*it, "response.returned");
    verdict_.model_sha256 = ModelSha256(*it);
    if (verdict_.events.empty() || verdict_.events.front() != "request.received") {
      Malformed("event_log does not begin with request.received");
    }
  }

  // Of the only event of the type.
  std::string BodyHash(const Json& events, const char* type) {
    const auto count = std::count(verdict_.events.begin(), verdict_.events.end(), type);
    if (count != 1) {
      Malformed(StrCat("event_log has ", count, " events ", type, " and not one"));
      return "";
    }
    const auto at = std::find(verdict_.events.begin(), verdict_.events.end(), type);
    const Json& event = events[static_cast<size_t>(at - verdict_.events.begin())];
    const auto hash = event.find("body_hash");
    if (hash != event.end() && hash->is_string()) return hash->get<std::string>();
    Malformed(StrCat(type, ".body_hash is not a string"));
    return "";
  }

  std::optional<std::string> ModelSha256(const Json& events) const {
    constexpr std::string_view kType = "sotto.model";
    if (std::count(verdict_.events.begin(), verdict_.events.end(), kType) != 1) return std::nullopt;
    const auto at = std::find(verdict_.events.begin(), verdict_.events.end(), kType);
    const Json& event = events[static_cast<size_t>(at - verdict_.events.begin())];
    const auto digest = event.find("model_sha256");
    if (digest == event.end() || !digest->is_string()) return std::nullopt;
    return digest->get<std::string>();
  }

  const Json& receipt_;
  ReceiptVerdict& verdict_;
};

void CheckBody(std::string_view what, ReceiptFault fault, const std::string& stated,
               std::optional<std::string_view> body, ReceiptVerdict& verdict) {
  if (!body.has_value()) return;
  const std::string found = PrefixedSha256(*body);
  if (found == stated) return;
  verdict.reasons.push_back(
      {fault, StrCat("the ", what, " has ", found, ", the receipt is about ", Shown(stated))});
}

void CheckModel(std::optional<std::string_view> expected, ReceiptVerdict& verdict) {
  if (!expected.has_value() || verdict.model_sha256 == *expected) return;
  const std::string found = verdict.model_sha256.has_value()
                                ? StrCat("a model of SHA-256 ", Shown(*verdict.model_sha256))
                                : "no model by its digest";
  verdict.reasons.push_back({ReceiptFault::kModelMismatch,
                             StrCat("the receipt names ", found, ", not ", Shown(*expected))});
}

void CheckKeyset(const WorkloadKeyset& keyset, ReceiptVerdict& verdict) {
  if (verdict.keyset_digest != keyset.digest()) {
    verdict.reasons.push_back({ReceiptFault::kKeysetMismatch,
                               StrCat("the receipt names keyset ", Shown(verdict.keyset_digest),
                                      ", not ", keyset.digest())});
  }
  if (verdict.served_at > keyset.not_after()) {
    verdict.reasons.push_back(
        {ReceiptFault::kKeysetExpired, StrCat("served at ", verdict.served_at,
                                              ", after the keyset's end at ", keyset.not_after())});
  }
}

void CheckSignature(const Json& receipt, const std::string& signature, const WorkloadKeyset& keyset,
                    ReceiptVerdict& verdict) {
  const auto& keys = keyset.receipt_signing_keys();
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const ReceiptSigningKey& k) {
    return k.key_id == verdict.key_id && k.algo == "ed25519";
  });
  if (key == keys.end()) {
    verdict.reasons.push_back({ReceiptFault::kUnknownKey, StrCat("the keyset has no Ed25519 key \"",
                                                                 Shown(verdict.key_id), "\"")});
    return;
  }
  Json unsigned_receipt = receipt;
  unsigned_receipt.erase("signature");
  const auto message = CanonicalJson(unsigned_receipt);
  if (!message.ok()) {
    verdict.reasons.push_back(
        {ReceiptFault::kMalformed, std::string(ToStd(message.status().message()))});
    return;
  }
  if (!Ed25519Verifies(absl::HexStringToBytes(key->public_key), *message, signature)) {
    verdict.reasons.push_back({ReceiptFault::kSignature, StrCat("the signature is not that of \"",
                                                                Shown(verdict.key_id), "\"")});
  }
}

absl::StatusOr<WorkloadKeyset> KeysetIn(std::string_view text) {
  const auto in_keyset = [](const absl::Status& status) {
    return absl::InvalidArgumentError(StrCat("keyset: ", ToStd(status.message())));
  };
  const absl::StatusOr<Json> object = ParseOutsideObject(text);
  if (!object.ok()) return in_keyset(object.status());
  const Json* keyset = &*object;
  if (const auto report = object->find("attestation"); report != object->end()) {
    if (!report->is_object() || !report->contains("workload_keyset")) {
      return absl::InvalidArgumentError("keyset: attestation.workload_keyset is missing");
    }
    keyset = &(*report)["workload_keyset"];
  }
  auto parsed = WorkloadKeyset::Parse(*keyset);
  if (!parsed.ok()) return in_keyset(parsed.status());
  return parsed;
}

}  // namespace

std::string_view ReceiptFaultName(ReceiptFault fault) {
  switch (fault) {
    case ReceiptFault::kMalformed:
      return "malformed";
    case ReceiptFault::kKeysetMismatch:
      return "keyset_mismatch";
    case ReceiptFault::kKeysetExpired:
      return "keyset_expired";
    case ReceiptFault::kUnknownKey:
      return "unknown_key";
    case ReceiptFault::kSignature:
      return "signature";
    case ReceiptFault::kRequestMismatch:
      return "request_mismatch";
    case ReceiptFault::kResponseMismatch:
      return "response_mismatch";
    case ReceiptFault::kModelMismatch:
      return "model_mismatch";
  }
  return "";
}

absl::StatusOr<ReceiptVerdict> VerifyReceipt(std::string_view receipt, std::string_view keyset,
                                             const ReceiptExpectations& expectations) {
  SOTTO_ASSIGN_OR_RETURN(const WorkloadKeyset keys, KeysetIn(keyset));
  ReceiptVerdict verdict;
  const absl::StatusOr<Json> parsed = ParseOutsideObject(receipt);
  if (!parsed.ok()) {
    verdict.reasons.push_back(
        {ReceiptFault::kMalformed, std::string(ToStd(parsed.status().message()))});
    return verdict;
  }
  ReceiptReader reader(*parsed, verdict);
  reader.Read();
  const std::string signature = reader.Signature();
  CheckKeyset(keys, verdict);
  CheckSignature(*parsed, signature, keys, verdict);
  CheckBody("request", ReceiptFault::kRequestMismatch, verdict.request_sha256,
            expectations.request_body, verdict);
  CheckBody("response", ReceiptFault::kResponseMismatch, verdict.response_sha256,
            expectations.response_body, verdict);
  CheckModel(expectations.model_sha256, verdict);
  return verdict;
}

}  // namespace sotto
