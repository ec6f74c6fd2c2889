#include "trusted/service/receipts.h"

#include <openssl/sha.h>

#include <ctime>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "attest/receipt_document.h"
#include "base/strings.h"
#include "trusted/identity/receipt_events.h"
#include "trusted/service/response_json.h"

namespace sotto {
namespace {

constexpr char kReceiptHeader[] = "X-Receipt-Id";

std::string Prefixed(const Sha256Digest& digest) {
  return StrCat("sha256:", absl::BytesToHexString(ToAbsl(AsText(digest))));
}

}  // namespace

Sha256Digest Sha256Of(std::string_view bytes) {
  Sha256Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

Receipts::Receipts(std::vector<nlohmann::json> about_service, std::string model_name,
                   const ReceiptStore::Limits& limits)
    : about_service_(std::move(about_service)),
      model_name_(std::move(model_name)),
      store_(limits) {}

ReceiptRecord Receipts::Begin(std::shared_ptr<const ServiceIdentity> identity,
                              std::string_view endpoint, std::string_view body) {
  ReceiptRecord record;
  record.identity = std::move(identity);
  record.receipt_id = RandomId("rcpt-");
  record.endpoint = endpoint;
  record.request_sha256 = Sha256Of(body);
  return record;
}

void Receipts::Keep(ReceiptRecord record, HttpResponse& response) {
  record.response_sha256 = Sha256Of(response.body);
  record.served_at = std::time(nullptr);
  response.headers.emplace_back(kReceiptHeader, record.receipt_id);
  store_.Put(record, std::chrono::steady_clock::now());
}

absl::StatusOr<std::string> Receipts::Find(std::string_view id, size_t owner) {
  const auto record = store_.Find(id, owner, std::chrono::steady_clock::now());
  if (!record.has_value()) return absl::NotFoundError("there is no such receipt");
  ReceiptDocument document{.receipt_id = record->receipt_id,
                           .endpoint = record->endpoint,
                           .method = "POST",
                           .served_at = record->served_at,
                           .request_sha256 = Prefixed(record->request_sha256),
                           .response_sha256 = Prefixed(record->response_sha256),
                           .events = about_service_};
  if (!record->chat_id.empty()) document.chat_id = record->chat_id;
  if (record->names_model) document.model = model_name_;
  document.events.push_back(UsageEvent({.prompts = record->prompts,
                                        .tokens = record->tokens,
                                        .exchanges_verified = record->exchanges_verified}));
  const ServiceIdentity& identity = *record->identity;
  return SignReceipt(document,
                     {identity.keyset(), identity.receipt_key_id(), identity.receipt_key()});
}

}  // namespace sotto
