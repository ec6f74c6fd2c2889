// A TLS key that is made in this process, and certificates for it that it signs itself. TRUSTED.
#ifndef SOTTO_TRUSTED_IDENTITY_TLS_KEY_H_
#define SOTTO_TRUSTED_IDENTITY_TLS_KEY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/openssl_objects.h"
#include "base/status.h"
#include "base/wiping_allocator.h"

namespace sotto {

// Evidence may travel in one.
struct CertificateExtension {
  std::string oid = {};    // "2.23.133.5.4.9"
  std::string value = {};  // What stands in its OCTET STRING, DER.
};

struct CertificateOptions {
  std::vector<std::string> names = {
      "localhost"};                       // CheckTlsName() holds; the first is the subject.
  int64_t not_before = 0, not_after = 0;  // Seconds since 1970.
  std::vector<CertificateExtension> extensions = {};
};

// P-256. The key never leaves the process unless a caller writes Pem() somewhere, and OpenSSL wipes
// it when the object goes.
class TlsKey {
 public:
  // INTERNAL when OpenSSL has no randomness.
  static absl::StatusOr<TlsKey> Generate();

  // The SubjectPublicKeyInfo, DER: what clients pin, by its SHA-256.
  const std::string& public_key() const { return public_key_; }
  // PKCS #8, for the TLS library of this process.
  absl::StatusOr<SecretString> Pem() const;
  // A certificate for servers, which vouches for no other, as PEM. INVALID_ARGUMENT for an OID that
  // is none.
  absl::StatusOr<std::string> SelfSign(const CertificateOptions& options) const;

 private:
  TlsKey(OwnedKey handle, std::string public_key)
      : handle_(std::move(handle)), public_key_(std::move(public_key)) {}

  OwnedKey handle_;
  std::string public_key_;
};

// A host name, perhaps with "*." before it, or an IP address. INVALID_ARGUMENT otherwise, to follow
// a flag and a colon.
absl::Status CheckTlsName(std::string_view name);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_IDENTITY_TLS_KEY_H_
