#include "attest/certificates.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"
#include "base/terminal_text.h"

namespace sotto {
namespace {

constexpr size_t kMaxChainLength = 8;
constexpr size_t kP256Half = 32;

using OwnedBignum = Owned<BIGNUM, BN_free>;

const unsigned char* AsUnsigned(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// What i2d functions of OpenSSL write.
template <typename Encode, typename T>
std::string ToDer(Encode encode, T* object) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  if (size <= 0) return "";
  std::string copy(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return copy;
}

// Of a text that is a certificate's own, byte for byte; null for any other.
OwnedCertificate ReadPem(const std::string& pem) {
  OwnedCertificate certificate(PEM_read_bio_X509(Reader(pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  const OwnedBio out(BIO_new(BIO_s_mem()));
  const bool same = certificate != nullptr && out != nullptr &&
                    PEM_write_bio_X509(out.get(), certificate.get()) == 1 && Written(out) == pem;
  return same ? std::move(certificate) : nullptr;
}

// The text up to the end of its first certificate; empty if there is none. Takes it, and the empty
// lines before it, from the front of `text`.
std::string_view TakePemBlock(std::string_view& text) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";
  text.remove_prefix(std::min(text.find_first_not_of('\n'), text.size()));
  const size_t end = text.find(kEnd);
  const std::string_view block =
      end == std::string_view::npos ? std::string_view() : text.substr(0, end + kEnd.size());
  text.remove_prefix(block.size());
  return block;
}

bool IsP256(const EVP_PKEY* key) {
  std::array<char, 64> group{};
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1 &&
         std::string_view(group.data()) == SN_X9_62_prime256v1;
}

// As DER, which OpenSSL verifies.
std::string DerSignature(std::string_view raw) {
  OwnedBignum r(BN_bin2bn(AsUnsigned(raw), kP256Half, nullptr));
  OwnedBignum s(BN_bin2bn(AsUnsigned(raw) + kP256Half, kP256Half, nullptr));
  const Owned<ECDSA_SIG, ECDSA_SIG_free> signature(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || signature == nullptr) return "";
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return "";
  (void)r.release(), (void)s.release();  // The signature has them now.
  return ToDer(i2d_ECDSA_SIG, signature.get());
}

}  // namespace

absl::StatusOr<CertificateChain> ChainReader::Read(std::string_view pem) {
  while (!pem.empty() && (pem.back() == '\n' || pem.back() == '\0')) pem.remove_suffix(1);
  const std::string text = StrCat(pem, "\n");
  CertificateChain chain;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string block(TakePemBlock(rest));
    OwnedCertificate& known = certificates_[block];
    if (known == nullptr) known = ReadPem(block);
    if (known == nullptr || chain.size() == kMaxChainLength) {
      return absl::InvalidArgumentError(StrCat("what follows certificate ", chain.size(),
                                               " is not the plain PEM text of another"));
    }
    X509_up_ref(known.get());
    chain.emplace_back(known.get());
  }
  return chain;
}

bool AreEqual(const CertificateChain& a, const CertificateChain& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const OwnedCertificate& left, const OwnedCertificate& right) {
                      return X509_cmp(left.get(), right.get()) == 0;
                    });
}

absl::StatusOr<OwnedCrl> ReadCrl(std::string_view der) {
  const unsigned char* data = AsUnsigned(der);
  OwnedCrl crl(d2i_X509_CRL(nullptr, &data, static_cast<int64_t>(der.size())));
  ERR_clear_error();
  if (crl == nullptr) return absl::InvalidArgumentError("not a CRL in DER");
  if (ToDer(i2d_X509_CRL, crl.get()) != der) {
    return absl::InvalidArgumentError("a CRL whose encoding is not DER");
  }
  if (X509_CRL_get0_nextUpdate(crl.get()) == nullptr) {
    return absl::InvalidArgumentError("a CRL that never ends");
  }
  return crl;
}

std::string PublicKeyOf(const X509* certificate) {
  return ToDer(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(certificate));
}

std::string CommonName(const X509* certificate) {
  const X509_NAME* const name = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (index < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, index) >= 0) return "";
  const ASN1_STRING* const text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

std::string NameAndSerial(const X509* certificate) {
  const OwnedBignum serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  char* const hex = serial == nullptr ? nullptr : BN_bn2hex(serial.get());
  std::string text = StrCat("\"", TerminalText(CommonName(certificate)).substr(0, 100),
                            "\", serial number ", hex == nullptr ? "unreadable" : hex);
  OPENSSL_free(hex);
  return text;
}

OwnedKey KeyFromPoint(std::string_view point) {
  if (point.size() != 2 * kP256Half) return nullptr;
  const std::string uncompressed = StrCat("\x04", point);
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                      SN_X9_62_prime256v1, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, uncompressed.data(),
                                       uncompressed.size()) != 1) {
    return nullptr;
  }
  const Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    key = nullptr;
  }
  ERR_clear_error();
  return OwnedKey(key);
}

bool IsSignatureOf(EVP_PKEY* key, std::string_view message, std::string_view signature) {
  if (key == nullptr || !IsP256(key) || signature.size() != 2 * kP256Half) return false;
  const std::string der = DerSignature(signature);
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  const bool verified =
      context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), AsUnsigned(der), der.size(), AsUnsigned(message),
                       message.size()) == 1;
  ERR_clear_error();
  return verified;
}

std::string Sha256Bytes(std::string_view data) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(AsUnsigned(data), data.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace sotto
