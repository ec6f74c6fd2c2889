// The workload keyset of ACI (Attested Confidential Inference, draft aci/1, section 3): the public
// keys that a quote vouches for. Its digest is the workload's identity.
#ifndef SOTTO_ATTEST_KEYSET_H_
#define SOTTO_ATTEST_KEYSET_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto {

// Who signs receipts. Keys are lower-case hexadecimal digits here and below.
struct ReceiptSigningKey {
  std::string key_id, algo, public_key;  // "ed25519", or an algorithm that is ignored
};
struct TlsPublicKey {
  std::string spki_sha256;
  std::optional<std::string> domain = {};  // None: any.
};

class WorkloadKeyset {
 public:
  // As a service makes it: Sotto ends no end-to-end encryption above TLS, and lists no keys for it.
  static WorkloadKeyset Make(std::optional<std::string> subject, int64_t not_after,
                             std::vector<ReceiptSigningKey> receipt_signing_keys,
                             std::vector<TlsPublicKey> tls_public_keys);
  // INVALID_ARGUMENT naming the member. Members that ACI does not know stay: the digest covers
  // them.
  static absl::StatusOr<WorkloadKeyset> Parse(const nlohmann::json& object);

  const nlohmann::json& json() const { return json_; }
  int64_t not_after() const { return not_after_; }  // Seconds since 1970.
  const std::vector<ReceiptSigningKey>& receipt_signing_keys() const { return receipt_keys_; }
  const std::vector<TlsPublicKey>& tls_public_keys() const { return tls_keys_; }
  // "sha256:" and 64 digits.
  const std::string& digest() const { return digest_; }

 private:
  WorkloadKeyset() = default;

  nlohmann::json json_;
  int64_t not_after_ = 0;
  std::vector<ReceiptSigningKey> receipt_keys_;
  std::vector<TlsPublicKey> tls_keys_;
  std::string digest_;
};

// A nonce is 64 lower-case hexadecimal digits.
bool IsAttestationNonce(std::string_view nonce);

// What a quote's report data begin with, 32 bytes; 32 zeros follow. REQUIRES: a digest as above;
// a nonce, or none, which proves no freshness.
std::string AttestedReportData(std::string_view keyset_digest,
                               const std::optional<std::string>& nonce);

// "sha256:" and the 64 digits of SHA-256.
std::string PrefixedSha256(std::string_view bytes);

}  // namespace sotto

#endif  // SOTTO_ATTEST_KEYSET_H_
