// Certificates, CRLs and signatures of attestation collateral, in the one form that each may have.
#ifndef SOTTO_ATTEST_CERTIFICATES_H_
#define SOTTO_ATTEST_CERTIFICATES_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/openssl_objects.h"
#include "base/status.h"

namespace sotto {

using OwnedCrl = Owned<X509_CRL, X509_CRL_free>;
using CertificateChain = std::vector<OwnedCertificate>;  // Leaf first, root last.

// Reads chains. Each certificate is decoded once, however many chains it is in: that is what takes
// most of the time of a verification.
class ChainReader {
 public:
  // A PEM text of one to eight certificates, written as OpenSSL writes them, with LF between lines.
  // Between them there may be empty lines, and zeros behind them. Base64 and DER leave some bits
  // without meaning (padding, forms of lengths), which would make many texts of one chain: what is
  // read is therefore written again, and must be the same. INVALID_ARGUMENT otherwise.
  absl::StatusOr<CertificateChain> Read(std::string_view pem);

 private:
  std::map<std::string, OwnedCertificate, std::less<>> certificates_;  // By their PEM texts.
};
// Whether both have the same certificates in the same order.
bool AreEqual(const CertificateChain& a, const CertificateChain& b);

// DER, likewise without a second form, and with the date of the next CRL: one without would hold
// for ever. INVALID_ARGUMENT otherwise.
absl::StatusOr<OwnedCrl> ReadCrl(std::string_view der);

// The SubjectPublicKeyInfo, DER.
std::string PublicKeyOf(const X509* certificate);
// The subject's common name; empty unless there is exactly one.
std::string CommonName(const X509* certificate);
// For messages: the common name, fit for a terminal, and the serial number.
std::string NameAndSerial(const X509* certificate);

// A P-256 key from its point (x and y, 32 bytes each, big-endian); null if it is not on the curve.
OwnedKey KeyFromPoint(std::string_view point);
// Whether `signature` (r and s, 32 bytes each) is that of `key` over SHA-256 of `message`. False,
// too, for a key on another curve and a signature of another size.
bool IsSignatureOf(EVP_PKEY* key, std::string_view message, std::string_view signature);

std::string Sha256Bytes(std::string_view data);  // 32 bytes.

}  // namespace sotto

#endif  // SOTTO_ATTEST_CERTIFICATES_H_
