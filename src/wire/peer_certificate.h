// Whether a TLS peer's certificate is acceptable. The handshake proves that the peer holds its key;
// whose key that is is decided here.
#ifndef SOTTO_WIRE_PEER_CERTIFICATE_H_
#define SOTTO_WIRE_PEER_CERTIFICATE_H_

#include <string>

#include "base/status.h"

namespace sotto {

// Hex SHA-256 of the SubjectPublicKeyInfo (DER) of a PEM certificate: what
// TlsOptions::pinned_key_sha256 means, and what tells two servers apart. INVALID_ARGUMENT for text
// that is no certificate.
absl::StatusOr<std::string> KeyFingerprint(const std::string& certificate_pem);

// PERMISSION_DENIED unless the first certificate of `chain_pem` is valid now for a TLS server named
// `host` (a name or an IP address), and the others lead from it to one of `roots_pem` (RFC 5280,
// as OpenSSL checks it). Empty roots: the system's.
absl::Status CheckCertificateChain(const std::string& chain_pem, const std::string& roots_pem,
                                   const std::string& host);

}  // namespace sotto

#endif  // SOTTO_WIRE_PEER_CERTIFICATE_H_
