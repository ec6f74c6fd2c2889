#include "protocol/own_certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "base/openssl_objects.h"
#include "base/strings.h"

namespace sotto {
namespace {

OwnedCertificate FirstCertificate(const std::string& pem) {
  OwnedCertificate certificate(PEM_read_bio_X509(Reader(pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return certificate;
}

// OpenSSL's own would ask for the passphrase on the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

OwnedKey ReadKey(const std::string& pem) {
  OwnedKey key(PEM_read_bio_PrivateKey(Reader(pem).get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  return key;
}

// "Jan 31 12:00:00 2026 GMT"
std::string Date(const ASN1_TIME* time) {
  const OwnedBio text(BIO_new(BIO_s_mem()));
  if (ASN1_TIME_print(text.get(), time) != 1) return "an unreadable date";
  return Written(text);
}

}  // namespace

absl::Status CheckCertificates(const std::string& pem) {
  if (FirstCertificate(pem) != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError("contains no PEM certificate");
}

absl::Status CheckPrivateKey(const std::string& pem) {
  if (ReadKey(pem) != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError("contains no PEM private key, or one with a passphrase");
}

absl::Status CheckKeyOfCertificate(const std::string& certificates_pem,
                                   const std::string& key_pem) {
  SOTTO_RETURN_IF_ERROR(CheckCertificates(certificates_pem));
  SOTTO_RETURN_IF_ERROR(CheckPrivateKey(key_pem));
  const bool same =
      X509_check_private_key(FirstCertificate(certificates_pem).get(), ReadKey(key_pem).get()) == 1;
  ERR_clear_error();
  if (same) return absl::OkStatus();
  return absl::InvalidArgumentError("is not the key of this certificate");
}

absl::Status CheckValidNow(const std::string& certificates_pem) {
  SOTTO_RETURN_IF_ERROR(CheckCertificates(certificates_pem));
  const OwnedCertificate certificate = FirstCertificate(certificates_pem);
  const ASN1_TIME* const begin = X509_get0_notBefore(certificate.get());
  const ASN1_TIME* const end = X509_get0_notAfter(certificate.get());
  if (X509_cmp_current_time(end) < 0) {
    return absl::InvalidArgumentError(StrCat("the certificate expired on ", Date(end)));
  }
  if (X509_cmp_current_time(begin) > 0) {
    return absl::InvalidArgumentError(StrCat("the certificate is not valid before ", Date(begin)));
  }
  return absl::OkStatus();
}

}  // namespace sotto
