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
#include "sotto/attestation.h"

namespace sotto {

// Of keys that sign receipts.
inline constexpr std::string_view kReceiptKeyAlgo = "ed25519";
// Of the key that signs channels (channel_proof.h), Ed25519 as well: an entry of e2ee_public_keys,
// where ACI puts the keys of extensions, and where those who do not know the algorithm pass over
// it.
inline constexpr std::string_view kChannelKeyAlgo = "sotto-channel-ed25519";

// Keys of the algorithms above are 64 lower-case hexadecimal digits; others are left as they are.
struct NamedPublicKey {
  std::string key_id, algo, public_key;
};
using ReceiptSigningKey = NamedPublicKey;
struct TlsPublicKey {
  std::string spki_sha256;
  std::optional<std::string> domain = {};  // None: any.
};

class WorkloadKeyset {
 public:
  // As a service makes it. REQUIRES: what Parse() would accept.
  static WorkloadKeyset Make(std::optional<std::string> subject, int64_t not_after,
                             const std::vector<NamedPublicKey>& receipt_signing_keys,
                             const std::vector<TlsPublicKey>& tls_public_keys,
                             const std::vector<NamedPublicKey>& e2ee_public_keys = {});
  // INVALID_ARGUMENT naming the member. Members that ACI does not know stay: the digest covers
  // them.
  static absl::StatusOr<WorkloadKeyset> Parse(const nlohmann::json& object);

  const nlohmann::json& json() const { return json_; }
  int64_t not_after() const { return not_after_; }  // Seconds since 1970.
  const std::optional<std::string>& subject() const { return subject_; }
  const std::vector<NamedPublicKey>& receipt_signing_keys() const { return receipt_keys_; }
  const std::vector<TlsPublicKey>& tls_public_keys() const { return tls_keys_; }
  const std::vector<NamedPublicKey>& e2ee_public_keys() const { return e2ee_keys_; }
  // "sha256:" and 64 digits.
  const std::string& digest() const { return digest_; }
  // What a policy judges.
  KeysetClaims Claims() const;

 private:
  WorkloadKeyset() = default;

  nlohmann::json json_;
  int64_t not_after_ = 0;
  std::optional<std::string> subject_;
  std::vector<NamedPublicKey> receipt_keys_, e2ee_keys_;
  std::vector<TlsPublicKey> tls_keys_;
  std::string digest_;
};

// A nonce is 64 lower-case hexadecimal digits.
bool IsAttestationNonce(std::string_view nonce);

// What a quote vouches for, in exactly these bytes (section 3.2):
//   {"keyset_digest":"sha256:HEX","nonce":"HEX","purpose":"aci.report_data.v1"}
// with null, unquoted, for no nonce, which proves no freshness. REQUIRES: a digest as above; a
// nonce as above.
std::string AttestationStatement(std::string_view keyset_digest,
                                 const std::optional<std::string>& nonce);

// Its SHA-256, 32 bytes: what the report data of a quote begin with. REQUIRES: the same.
std::string AttestedReportData(std::string_view keyset_digest,
                               const std::optional<std::string>& nonce);

// The whole report data of such a quote: zeros follow. REQUIRES: no more than so many bytes.
inline constexpr size_t kReportDataSlotBytes = 64;
std::string ReportDataSlot(std::string_view report_data);

// "sha256:" and the 64 digits of SHA-256.
std::string PrefixedSha256(std::string_view bytes);

}  // namespace sotto

#endif  // SOTTO_ATTEST_KEYSET_H_
