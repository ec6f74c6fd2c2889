// Who this process is to those who verify it: keys for receipts and for channels, made here, and
// the workload keyset that names them beside the TLS key (attest/keyset.h). A quote over the
// keyset's digest makes it believed. TRUSTED: holds private keys.
#ifndef SOTTO_TRUSTED_IDENTITY_SERVICE_IDENTITY_H_
#define SOTTO_TRUSTED_IDENTITY_SERVICE_IDENTITY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "attest/ed25519.h"
#include "attest/keyset.h"
#include "base/status.h"

namespace sotto {

struct IdentityOptions {
  std::optional<std::string> subject = {};  // A name for verifiers whose policy knows it.
  int64_t not_after = 0;                    // Of the keyset, seconds since 1970.
  // Of the certificate that is served, PEM; empty where no TLS ends here.
  std::string certificate_chain = {};
};

// Immutable and thread-safe.
class ServiceIdentity {
 public:
  // Makes new keys. INVALID_ARGUMENT for a chain that begins with no certificate; INTERNAL when
  // OpenSSL has no randomness.
  static absl::StatusOr<ServiceIdentity> Make(const IdentityOptions& options);

  const WorkloadKeyset& keyset() const { return keyset_; }
  // The only one of the keyset's receipt_signing_keys, and what the keyset calls it.
  const Ed25519Key& receipt_key() const { return receipt_key_; }
  const std::string& receipt_key_id() const { return keyset_.receipt_signing_keys()[0].key_id; }
  // The only one of the keyset's e2ee_public_keys: it signs TLS connections
  // (attest/channel_proof.h).
  const Ed25519Key& channel_key() const { return channel_key_; }
  const std::string& channel_key_id() const { return keyset_.e2ee_public_keys()[0].key_id; }

 private:
  ServiceIdentity(Ed25519Key receipt_key, Ed25519Key channel_key, WorkloadKeyset keyset)
      : receipt_key_(std::move(receipt_key)),
        channel_key_(std::move(channel_key)),
        keyset_(std::move(keyset)) {}

  Ed25519Key receipt_key_, channel_key_;
  WorkloadKeyset keyset_;
};

// 64 lower-case hex digits of SHA-256 over the SubjectPublicKeyInfo of a PEM text's first
// certificate: TlsPublicKey::spki_sha256. INVALID_ARGUMENT where there is none.
absl::StatusOr<std::string> PublicKeySha256(std::string_view certificates_pem);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_IDENTITY_SERVICE_IDENTITY_H_
