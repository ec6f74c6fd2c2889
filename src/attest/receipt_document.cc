#include "attest/receipt_document.h"

#include "absl/strings/escaping.h"
#include "attest/canonical_json.h"

namespace sotto {
namespace {

using Json = nlohmann::json;

Json TextIfAny(const std::optional<std::string>& text) {
  return text.has_value() ? Json(*text) : Json();
}

Json BodyEvent(const char* type, const std::string& sha256) {
  return {{"type", type}, {"body_hash", sha256}};
}

Json EventLog(const ReceiptDocument& document) {
  Json log = Json::array({BodyEvent("request.received", document.request_sha256),
                          BodyEvent("request.forwarded", document.request_sha256)});
  for (const Json& event : document.events) log.push_back(event);
  log.push_back(BodyEvent("response.returned", document.response_sha256));
  return log;
}

}  // namespace

absl::StatusOr<std::string> SignReceipt(const ReceiptDocument& document,
                                        const ReceiptSigner& signer) {
  Json receipt = {{"api_version", "aci/1"},
                  {"receipt_id", document.receipt_id},
                  {"chat_id", TextIfAny(document.chat_id)},
                  {"model", TextIfAny(document.model)},
                  {"workload_keyset_digest", signer.keyset.digest()},
                  {"endpoint", document.endpoint},
                  {"method", document.method},
                  {"served_at", document.served_at},
                  {"event_log", EventLog(document)},
                  {"key_id", signer.key_id}};
  SOTTO_ASSIGN_OR_RETURN(const std::string message, CanonicalJson(receipt));
  SOTTO_ASSIGN_OR_RETURN(const std::string signature, signer.key.Sign(message));
  receipt["signature"] = absl::BytesToHexString(signature);
  return CanonicalJson(receipt);
}

}  // namespace sotto
