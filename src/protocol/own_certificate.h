// Whether the TLS files a user named can serve, found before anything is dialled or served: gRPC
// would say nothing of what is wrong with them.
#ifndef SOTTO_PROTOCOL_OWN_CERTIFICATE_H_
#define SOTTO_PROTOCOL_OWN_CERTIFICATE_H_

#include <string>

#include "base/status.h"

namespace sotto {

// PEM texts, not paths. Each returns INVALID_ARGUMENT with what is wrong, to follow a file's name
// and a colon; neither names nor keys are in it.

// At least one certificate.
absl::Status CheckCertificates(const std::string& pem);
// A private key without a passphrase.
absl::Status CheckPrivateKey(const std::string& pem);
// The key of the first of `certificates_pem`, after both checks above.
absl::Status CheckKeyOfCertificate(const std::string& certificates_pem, const std::string& key_pem);
// The first certificate is valid now: neither expired nor of the future.
absl::Status CheckValidNow(const std::string& certificates_pem);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_OWN_CERTIFICATE_H_
