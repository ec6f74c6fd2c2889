// What an owner signs to hand keys to a service of their own (docs/attestation.md): the document
// and the one connection that it travels on, so that no other service can be given it. Both sides
// use these functions, so that they agree.
#ifndef SOTTO_ATTEST_PROVISION_STATEMENT_H_
#define SOTTO_ATTEST_PROVISION_STATEMENT_H_

#include <string>
#include <string_view>

#include "attest/ed25519.h"
#include "base/status.h"

namespace sotto {

// Canonical JSON (RFC 8785) in exactly these bytes:
//   {"body_sha256":"HEX","exporter":"HEX","purpose":"sotto.provision.v1"}
// `exporter`: that of channel_proof.h.
std::string ProvisionStatement(std::string_view exporter, std::string_view body);

// The value of the Authorization header: the scheme, and the signature in lower-case digits.
// INTERNAL when OpenSSL does not sign.
absl::StatusOr<std::string> ProvisionAuthorization(std::string_view exporter, std::string_view body,
                                                   const Ed25519Key& owner);
// Whether the header's value is that of the owner of this public key, kEd25519KeyBytes.
bool IsAuthorizedBy(std::string_view owner, std::string_view authorization,
                    std::string_view exporter, std::string_view body);

}  // namespace sotto

#endif  // SOTTO_ATTEST_PROVISION_STATEMENT_H_
