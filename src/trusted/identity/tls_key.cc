#include "trusted/identity/tls_key.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace sotto {
namespace {

using OwnedExtension = Owned<X509_EXTENSION, X509_EXTENSION_free>;
using OwnedNames = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using OwnedName = Owned<GENERAL_NAME, GENERAL_NAME_free>;
using OwnedOctets = Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using OwnedObject = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;

constexpr size_t kLongestName = 253, kLongestLabel = 63;
// A common name has at most 64 characters (RFC 5280, appendix A.1).
constexpr size_t kLongestSubject = 64;

absl::Status OpenSslFailed() { return absl::InternalError("OpenSSL makes no TLS certificate"); }

OwnedOctets AddressOf(const std::string& name) { return OwnedOctets(a2i_IPADDRESS(name.c_str())); }

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

bool IsHostName(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > kLongestName) return false;
  while (true) {
    const size_t dot = name.find('.');
    if (!IsLabel(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

OwnedName MakeName(const std::string& name) {
  OwnedName made(GENERAL_NAME_new());
  if (made == nullptr) return nullptr;
  if (OwnedOctets address = AddressOf(name); address != nullptr) {
    GENERAL_NAME_set0_value(made.get(), GEN_IPADD, address.release());
    return made;
  }
  Owned<ASN1_IA5STRING, ASN1_IA5STRING_free> text(ASN1_IA5STRING_new());
  if (text == nullptr ||
      ASN1_STRING_set(text.get(), name.data(), static_cast<int>(name.size())) != 1) {
    return nullptr;
  }
  GENERAL_NAME_set0_value(made.get(), GEN_DNS, text.release());
  return made;
}

bool AddNames(X509* certificate, const std::vector<std::string>& names) {
  const OwnedNames list(sk_GENERAL_NAME_new_null());
  for (const std::string& name : names) {
    OwnedName made = MakeName(name);
    if (made == nullptr || sk_GENERAL_NAME_push(list.get(), made.get()) <= 0) return false;
    made.release();
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, list.get(), /*crit=*/0,
                           X509V3_ADD_DEFAULT) == 1;
}

bool AddUsage(X509* certificate) {
  constexpr std::array<std::pair<int, const char*>, 3> kUsage = {
      {{NID_basic_constraints, "critical,CA:FALSE"},
       {NID_key_usage, "critical,digitalSignature"},
       {NID_ext_key_usage, "serverAuth"}}};
  return std::ranges::all_of(kUsage, [&](const auto& usage) {
    const OwnedExtension extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, usage.first, usage.second));
    return extension != nullptr && X509_add_ext(certificate, extension.get(), /*loc=*/-1) == 1;
  });
}

absl::Status AddExtension(X509* certificate, const CertificateExtension& given) {
  const OwnedObject oid(OBJ_txt2obj(given.oid.c_str(), /*no_name=*/1));
  if (oid == nullptr) return absl::InvalidArgumentError(StrCat("no OID: ", given.oid));
  const OwnedOctets value(ASN1_OCTET_STRING_new());
  if (value == nullptr ||
      ASN1_OCTET_STRING_set(value.get(), reinterpret_cast<const unsigned char*>(given.value.data()),
                            static_cast<int>(given.value.size())) != 1) {
    return OpenSslFailed();
  }
  const OwnedExtension extension(
      X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), /*crit=*/0, value.get()));
  const bool added =
      extension != nullptr && X509_add_ext(certificate, extension.get(), /*loc=*/-1) == 1;
  return added ? absl::OkStatus() : OpenSslFailed();
}

bool SetSerial(X509* certificate) {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3f) | 0x40);  // Positive, and of this size.
  const Owned<BIGNUM, BN_free> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetSubject(X509* certificate, const std::string& name) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const std::string shown = name.size() <= kLongestSubject ? name : "sotto";
  return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                    reinterpret_cast<const unsigned char*>(shown.data()),
                                    static_cast<int>(shown.size()), /*loc=*/-1, /*set=*/0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

bool SetDates(X509* certificate, const CertificateOptions& options) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), options.not_before) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), options.not_after) != nullptr;
}

absl::StatusOr<std::string> DerOf(EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const int size = i2d_PUBKEY(key, &bytes);
  if (size <= 0) return OpenSslFailed();
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

}  // namespace

absl::Status CheckTlsName(std::string_view name) {
  if (IsHostName(name) || AddressOf(std::string(name)) != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError("must be host names or IP addresses");
}

absl::StatusOr<TlsKey> TlsKey::Generate() {
  OwnedKey handle(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (handle == nullptr) return absl::InternalError("OpenSSL makes no TLS key");
  SOTTO_ASSIGN_OR_RETURN(std::string public_key, DerOf(handle.get()));
  return TlsKey(std::move(handle), std::move(public_key));
}

absl::StatusOr<SecretString> TlsKey::Pem() const {
  // A secure BIO wipes what it frees, and what it grows out of.
  const OwnedBio text(BIO_new(BIO_s_secmem()));
  if (text == nullptr || PEM_write_bio_PKCS8PrivateKey(text.get(), handle_.get(), nullptr, nullptr,
                                                       0, nullptr, nullptr) != 1) {
    return absl::InternalError("OpenSSL writes no TLS key");
  }
  char* data = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(text.get(), &data));
  return SecretString(data, size);
}

absl::StatusOr<std::string> TlsKey::SelfSign(const CertificateOptions& options) const {
  const OwnedCertificate certificate(X509_new());
  const bool begun = certificate != nullptr && X509_set_version(certificate.get(), 2) == 1 &&
                     SetSerial(certificate.get()) &&
                     SetSubject(certificate.get(), options.names.front()) &&
                     SetDates(certificate.get(), options) &&
                     X509_set_pubkey(certificate.get(), handle_.get()) == 1 &&
                     AddUsage(certificate.get()) && AddNames(certificate.get(), options.names);
  if (!begun) return OpenSslFailed();
  for (const CertificateExtension& extension : options.extensions) {
    SOTTO_RETURN_IF_ERROR(AddExtension(certificate.get(), extension));
  }
  const OwnedBio text(BIO_new(BIO_s_mem()));
  if (text == nullptr || X509_sign(certificate.get(), handle_.get(), EVP_sha256()) <= 0 ||
      PEM_write_bio_X509(text.get(), certificate.get()) != 1) {
    return OpenSslFailed();
  }
  return Written(text);
}

}  // namespace sotto
