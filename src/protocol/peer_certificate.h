// Whether a TLS peer's certificate is acceptable. The handshake proves that the peer holds its key;
// whose key that is is decided here.
#ifndef SOTTO_PROTOCOL_PEER_CERTIFICATE_H_
#define SOTTO_PROTOCOL_PEER_CERTIFICATE_H_

#include <string>
#include <vector>

#include "base/status.h"

namespace sotto {

// A server's certificate that a root vouches for. Keys as KeyFingerprint gives them.
struct VerifiedPeer {
  std::string key_sha256;
  // The keys of those who vouch: whoever holds one of them can stand in for the server. From the
  // certificate's issuer up to the root; empty when the certificate is itself among the roots.
  std::vector<std::string> issuer_keys_sha256;
  // The certificate may sign others (RFC 5280, 4.2.1.9, or a version of X.509 that cannot say no).
  bool is_authority = false;
};

// Hex SHA-256 of the SubjectPublicKeyInfo (DER) of a PEM certificate: what
// TlsOptions::pinned_key_sha256 means, and what tells two servers apart. INVALID_ARGUMENT for text
// that is no certificate.
absl::StatusOr<std::string> KeyFingerprint(const std::string& certificate_pem);

// The same of each certificate of a PEM text, in its order. INVALID_ARGUMENT when there is none.
absl::StatusOr<std::vector<std::string>> KeyFingerprints(const std::string& certificates_pem);

// PERMISSION_DENIED unless the first certificate of `chain_pem` is valid now for a TLS server named
// `host` (a name or an IP address), and the others lead from it to one of `roots_pem` (RFC 5280,
// as OpenSSL checks it). Empty roots: the system's.
absl::StatusOr<VerifiedPeer> CheckCertificateChain(const std::string& chain_pem,
                                                   const std::string& roots_pem,
                                                   const std::string& host);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_PEER_CERTIFICATE_H_
