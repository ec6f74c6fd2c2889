#include "attest/provision_statement.h"

#include "absl/strings/escaping.h"
#include "attest/certificates.h"
#include "attest/hex.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr std::string_view kOwnerScheme = "Sotto-Ed25519 ";

}  // namespace

std::string ProvisionStatement(std::string_view exporter, std::string_view body) {
  return StrCat("{\"body_sha256\":\"", absl::BytesToHexString(Sha256Bytes(body)),
                "\",\"exporter\":\"", absl::BytesToHexString(ToAbsl(exporter)),
                "\",\"purpose\":\"sotto.provision.v1\"}");
}

absl::StatusOr<std::string> ProvisionAuthorization(std::string_view exporter, std::string_view body,
                                                   const Ed25519Key& owner) {
  SOTTO_ASSIGN_OR_RETURN(const std::string signature,
                         owner.Sign(ProvisionStatement(exporter, body)));
  return StrCat(kOwnerScheme, absl::BytesToHexString(signature));
}

bool IsAuthorizedBy(std::string_view owner, std::string_view authorization,
                    std::string_view exporter, std::string_view body) {
  if (!authorization.starts_with(kOwnerScheme)) return false;
  const std::string_view digits = authorization.substr(kOwnerScheme.size());
  if (!IsLowerHex(digits, 2 * kEd25519SignatureBytes)) return false;
  return Ed25519Verifies(owner, ProvisionStatement(exporter, body),
                         absl::HexStringToBytes(ToAbsl(digits)));
}

}  // namespace sotto
