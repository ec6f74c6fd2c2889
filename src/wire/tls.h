// TLS towards an accelerator, ending inside this process.
#ifndef SOTTO_WIRE_TLS_H_
#define SOTTO_WIRE_TLS_H_

#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "base/status.h"
#include "wire/client.h"

namespace sotto {

// Hex SHA-256 of the SubjectPublicKeyInfo (DER) of a PEM certificate: what `pinned_key_sha256`
// means, and what tells two servers apart. INVALID_ARGUMENT for text that is no certificate.
absl::StatusOr<std::string> KeyFingerprint(const std::string& certificate_pem);

std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(const TlsOptions& options);

}  // namespace sotto

#endif  // SOTTO_WIRE_TLS_H_
