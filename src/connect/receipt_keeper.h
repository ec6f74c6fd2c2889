// Receipts (ACI, draft aci/1, section 7) of what went through: each is checked against the bodies
// that were seen and the verified keyset, and kept with the report that vouches for the keyset.
#ifndef SOTTO_CONNECT_RECEIPT_KEEPER_H_
#define SOTTO_CONNECT_RECEIPT_KEEPER_H_

#include <string>
#include <string_view>

#include "attest/keyset.h"
#include "base/openssl_objects.h"
#include "base/status.h"

namespace sotto {

// SHA-256 of a body that goes by in pieces.
class BodyHash {
 public:
  BodyHash();
  void Add(std::string_view bytes);
  // "sha256:" and 64 digits. Add() no more.
  std::string Finish();

 private:
  Owned<EVP_MD_CTX, EVP_MD_CTX_free> context_;
};

// What a receipt has to be about. Hashes as of BodyHash.
struct ReceiptedExchange {
  std::string receipt_id, method, path, request_sha256, response_sha256;
};

// Writes DIR/RECEIPT_ID.json, and once for each keyset DIR/keyset-HEX.json, the report as it came,
// and DIR/keyset-HEX.nonce, what it answered. Files are their owner's alone and appear complete or
// not at all.
class ReceiptKeeper {
 public:
  // Makes the directory, for its owner alone, if only it is missing.
  static absl::Status Prepare(const std::string& dir);

  explicit ReceiptKeeper(std::string dir) : dir_(std::move(dir)) {}

  absl::Status KeepReport(std::string_view keyset_digest, std::string_view report,
                          std::string_view nonce) const;
  // PERMISSION_DENIED naming every reason unless the keyset's key signed `receipt` about this
  // exchange, or if another receipt had its id; other errors are those of writing.
  absl::Status Keep(std::string_view receipt, const WorkloadKeyset& keyset,
                    const ReceiptedExchange& exchange) const;

 private:
  std::string dir_;
};

// Ids that may be a file's name and part of a target: letters, digits, "-", "_" and ".", no more
// than 128, not beginning with ".".
bool IsReceiptId(std::string_view id);

}  // namespace sotto

#endif  // SOTTO_CONNECT_RECEIPT_KEEPER_H_
