#include "protocol/peer_certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/openssl_objects.h"
#include "base/strings.h"

namespace sotto {
namespace {

std::vector<OwnedCertificate> ParseCertificates(const std::string& pem) {
  const OwnedBio bio = Reader(pem);
  std::vector<OwnedCertificate> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  ERR_clear_error();  // The end of the text counts as one.
  return certificates;
}

absl::Status Denied(std::string_view why) {
  return absl::PermissionDeniedError(StrCat("the server's certificate ", why));
}

absl::Status FillStore(const std::string& roots_pem, X509_STORE* store) {
  if (roots_pem.empty()) {
    X509_STORE_set_default_paths(store);
    return absl::OkStatus();
  }
  const std::vector<OwnedCertificate> roots = ParseCertificates(roots_pem);
  if (roots.empty()) return absl::InvalidArgumentError("the roots are not PEM certificates");
  for (const OwnedCertificate& root : roots) X509_STORE_add_cert(store, root.get());
  return absl::OkStatus();
}

bool Expect(X509_VERIFY_PARAM* parameters, const std::string& host) {
  // Every certificate among the roots is trusted as it is, also the servers' own.
  if (X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN) != 1) return false;
  // The first accepts an address only, and leaves the parameters alone otherwise.
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1) return true;
  return X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size()) == 1;
}

absl::StatusOr<std::string> KeyOf(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return absl::InvalidArgumentError("a certificate without a public key");
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(der, static_cast<size_t>(size), digest.data());
  OPENSSL_free(der);
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// Why a chain was refused: what people meet in a sentence, the rest in OpenSSL's words.
std::string Sentence(int error, const std::string& host) {
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return StrCat("is not valid for the name ", host);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "is not valid yet";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "was not signed by any of the given authorities";
    default:
      return StrCat("was refused: ", X509_verify_cert_error_string(error));
  }
}

// Of a context whose chain has been verified.
absl::StatusOr<VerifiedPeer> Describe(X509_STORE_CTX* context) {
  const STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(context);
  X509* const own = sk_X509_value(chain, 0);
  VerifiedPeer peer;
  SOTTO_ASSIGN_OR_RETURN(peer.key_sha256, KeyOf(own));
  peer.is_authority = X509_check_ca(own) != 0;
  for (int i = 1; i < sk_X509_num(chain); ++i) {
    SOTTO_ASSIGN_OR_RETURN(peer.issuer_keys_sha256.emplace_back(), KeyOf(sk_X509_value(chain, i)));
  }
  return peer;
}

}  // namespace

absl::StatusOr<std::string> KeyFingerprint(const std::string& certificate_pem) {
  const std::vector<OwnedCertificate> certificates = ParseCertificates(certificate_pem);
  if (certificates.empty()) return absl::InvalidArgumentError("not a PEM certificate");
  return KeyOf(certificates[0].get());
}

absl::StatusOr<std::vector<std::string>> KeyFingerprints(const std::string& certificates_pem) {
  std::vector<std::string> keys;
  for (const OwnedCertificate& certificate : ParseCertificates(certificates_pem)) {
    SOTTO_ASSIGN_OR_RETURN(keys.emplace_back(), KeyOf(certificate.get()));
  }
  if (keys.empty()) return absl::InvalidArgumentError("not a PEM certificate");
  return keys;
}

absl::StatusOr<VerifiedPeer> CheckCertificateChain(const std::string& chain_pem,
                                                   const std::string& roots_pem,
                                                   const std::string& host) {
  const std::vector<OwnedCertificate> chain = ParseCertificates(chain_pem);
  if (chain.empty() || host.empty()) return Denied("or the name to check it against is missing");
  const Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  SOTTO_RETURN_IF_ERROR(FillStore(roots_pem, store.get()));
  const Owned<STACK_OF(X509), [](STACK_OF(X509) * s) { sk_X509_free(s); }> others(
      sk_X509_new_null());
  for (size_t i = 1; i < chain.size(); ++i) sk_X509_push(others.get(), chain[i].get());
  const Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  const bool ready =
      X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(), others.get()) == 1 &&
      X509_STORE_CTX_set_default(context.get(), "ssl_server") == 1 &&
      Expect(X509_STORE_CTX_get0_param(context.get()), host);
  if (!ready) return Denied("cannot be checked");
  if (X509_verify_cert(context.get()) == 1) return Describe(context.get());
  return Denied(Sentence(X509_STORE_CTX_get_error(context.get()), host));
}

}  // namespace sotto
