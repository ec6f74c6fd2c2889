// Writes inference receipts of ACI: sotto/receipt.h has what they are, and judges them.
#ifndef SOTTO_ATTEST_RECEIPT_DOCUMENT_H_
#define SOTTO_ATTEST_RECEIPT_DOCUMENT_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "attest/ed25519.h"
#include "attest/keyset.h"
#include "base/status.h"

namespace sotto {

// Of a request that was computed here: what came is what was computed, and what was returned is
// what left.
struct ReceiptDocument {
  std::string receipt_id = {};
  std::optional<std::string> chat_id = {};  // What the answer calls itself.
  std::optional<std::string> model = {};    // What the request asked for.
  std::string endpoint = {}, method = {};
  int64_t served_at = 0;                                  // Seconds since 1970.
  std::string request_sha256 = {}, response_sha256 = {};  // "sha256:" and 64 digits.
  // Between the request's and the response's: flat objects, each with a "type" of its own.
  std::vector<nlohmann::json> events = {};
};

struct ReceiptSigner {
  const WorkloadKeyset& keyset;
  const std::string& key_id;  // Of the keyset's receipt_signing_keys, the public half of
  const Ed25519Key& key;      // this one.
};

// The receipt as JSON, signed. INVALID_ARGUMENT for an event without a canonical form
// (canonical_json.h); INTERNAL when OpenSSL does not sign. REQUIRES: texts are UTF-8.
absl::StatusOr<std::string> SignReceipt(const ReceiptDocument& document,
                                        const ReceiptSigner& signer);

}  // namespace sotto

#endif  // SOTTO_ATTEST_RECEIPT_DOCUMENT_H_
