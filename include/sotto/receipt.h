// Inference receipts of ACI (Attested Confidential Inference, draft aci/1, section 7): signed
// records of what a service received, computed and returned for one request.
//
// A receipt proves what the holder of the keyset's key says. That the key lives in attested code is
// what the keyset's quote proves (attestation.h): check that first. All of it works on public data.
#ifndef SOTTO_RECEIPT_H_
#define SOTTO_RECEIPT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sotto {

enum class ReceiptFault {
  kMalformed,       // Not a receipt of aci/1: the detail names the member.
  kKeysetMismatch,  // It names another keyset.
  kKeysetExpired,   // It was served after the keyset had ended.
  kUnknownKey,      // The keyset has no Ed25519 key of that name.
  kSignature,
  kRequestMismatch,  // The body that was sent, or the one that came back, is another.
  kResponseMismatch,
  kModelMismatch,  // It was computed with another model, or does not say with which.
};

std::string_view ReceiptFaultName(ReceiptFault fault);  // "keyset_mismatch"

struct ReceiptReason {
  ReceiptFault fault;
  std::string detail;  // For people; fit for a terminal.
  bool operator==(const ReceiptReason&) const = default;
};

struct ReceiptExpectations {
  // The bytes of the bodies, where they are known.
  std::optional<std::string_view> request_body = {}, response_body = {};
  // Of the model (ModelDigestSet::model), 64 lower-case hex digits, where it is known.
  std::optional<std::string_view> model_sha256 = {};
};

// What the receipt says: true only if `reasons` is empty. Strings are as the service wrote them.
struct ReceiptVerdict {
  std::vector<ReceiptReason> reasons = {};  // All, not the first only; empty: accepted.
  std::string receipt_id = {}, endpoint = {}, method = {}, keyset_digest = {}, key_id = {};
  std::optional<std::string> model = {};
  int64_t served_at = 0;                                  // Seconds since 1970.
  std::string request_sha256 = {}, response_sha256 = {};  // "sha256:" and 64 digits.
  std::vector<std::string> events = {};                   // Their types, in order.
  // Of Sotto's event "sotto.model"; nullopt where there is none such, or not one.
  std::optional<std::string> model_sha256 = {};

  bool accepted() const { return reasons.empty(); }
};

// Judges a receipt, in any JSON encoding, under a keyset: that object itself, or an attestation
// report that holds it. INVALID_ARGUMENT "keyset: ..." for what is neither.
absl::StatusOr<ReceiptVerdict> VerifyReceipt(std::string_view receipt, std::string_view keyset,
                                             const ReceiptExpectations& expectations = {});

}  // namespace sotto

#endif  // SOTTO_RECEIPT_H_
