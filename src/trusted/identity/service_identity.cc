#include "trusted/identity/service_identity.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "attest/certificates.h"
#include "base/openssl_objects.h"
#include "base/strings.h"

namespace sotto {
namespace {

// Digits of the key's digest that name it: enough to tell the keys of restarts and replicas apart.
constexpr size_t kIdDigits = 16;

NamedPublicKey Listed(std::string_view role, std::string_view algo, const Ed25519Key& key) {
  const std::string digest = absl::BytesToHexString(Sha256Bytes(key.public_key()));
  return {.key_id = StrCat(role, "-", digest.substr(0, kIdDigits)),
          .algo = std::string(algo),
          .public_key = absl::BytesToHexString(key.public_key())};
}

}  // namespace

absl::StatusOr<std::string> PublicKeySha256(std::string_view certificates_pem) {
  const std::string pem(certificates_pem);
  const OwnedCertificate first(PEM_read_bio_X509(Reader(pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (first == nullptr) return absl::InvalidArgumentError("contains no PEM certificate");
  return absl::BytesToHexString(Sha256Bytes(PublicKeyOf(first.get())));
}

absl::StatusOr<ServiceIdentity> ServiceIdentity::Make(const IdentityOptions& options) {
  std::vector<TlsPublicKey> tls_keys;
  if (!options.certificate_chain.empty()) {
    SOTTO_ASSIGN_OR_RETURN(std::string digest, PublicKeySha256(options.certificate_chain));
    tls_keys.push_back({.spki_sha256 = std::move(digest)});
  }
  SOTTO_ASSIGN_OR_RETURN(Ed25519Key receipt_key, Ed25519Key::Generate());
  SOTTO_ASSIGN_OR_RETURN(Ed25519Key channel_key, Ed25519Key::Generate());
  WorkloadKeyset keyset = WorkloadKeyset::Make(
      options.subject, options.not_after, {Listed("receipt", kReceiptKeyAlgo, receipt_key)},
      tls_keys, {Listed("channel", kChannelKeyAlgo, channel_key)});
  return ServiceIdentity(std::move(receipt_key), std::move(channel_key), std::move(keyset));
}

}  // namespace sotto
