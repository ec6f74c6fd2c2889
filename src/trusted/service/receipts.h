// The service's receipts: what it received, computed and returned for a request, signed by its
// identity of then (sotto/receipt.h). Signed when they are asked for, and no sooner. TRUSTED.
#ifndef SOTTO_TRUSTED_SERVICE_RECEIPTS_H_
#define SOTTO_TRUSTED_SERVICE_RECEIPTS_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "trusted/identity/service_identity.h"
#include "trusted/service/http_message.h"
#include "trusted/service/receipt_store.h"

namespace sotto {

Sha256Digest Sha256Of(std::string_view bytes);

// Thread-safe.
class Receipts {
 public:
  // `about_service`: the events that are the same for all requests. `model_name`: what clients call
  // the model, where they do.
  Receipts(std::vector<nlohmann::json> about_service, std::string model_name,
           const ReceiptStore::Limits& limits);

  // Of a request to `identity` that is computed now: with an id, which nobody can guess.
  static ReceiptRecord Begin(std::shared_ptr<const ServiceIdentity> identity,
                             std::string_view endpoint, std::string_view body);
  // The answer is on its way: its receipt can be had, and its header names it.
  void Keep(ReceiptRecord record, HttpResponse& response);
  // JSON. NOT_FOUND as ReceiptStore::Find().
  absl::StatusOr<std::string> Find(std::string_view id, size_t owner);

 private:
  const std::vector<nlohmann::json> about_service_;
  const std::string model_name_;
  ReceiptStore store_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_RECEIPTS_H_
