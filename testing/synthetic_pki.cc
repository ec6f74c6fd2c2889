#include "testing/synthetic_pki.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr char kSgxOid[] = "1.2.840.113741.1.13.1";

void SetName(X509_NAME* name, const std::string& common_name) {
  for (const auto& [field, value] : {std::pair{"CN", common_name},
                                     {"O", std::string("Intel Corporation")},
                                     {"L", std::string("Santa Clara")},
                                     {"ST", std::string("CA")},
                                     {"C", std::string("US")}}) {
    SOTTO_CHECK(X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC,
                                           reinterpret_cast<const unsigned char*>(value.c_str()),
                                           -1, -1, 0) == 1);
  }
}

void SetTime(ASN1_TIME* time, std::chrono::sys_seconds to) {
  SOTTO_CHECK(ASN1_TIME_set(time, to.time_since_epoch().count()) != nullptr);
}

std::string KeyIdentifier(const std::string& key) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  const std::string point = PointOf(SyntheticKey(key));
  SHA1(reinterpret_cast<const unsigned char*>(point.data()), point.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string Tlv(uint8_t tag, std::string_view content) {
  std::string header(1, static_cast<char>(tag));
  if (content.size() < 128) {
    header.push_back(static_cast<char>(content.size()));
  } else {
    SOTTO_CHECK(content.size() < 65536);
    header += {static_cast<char>(0x82), static_cast<char>(content.size() >> 8),
               static_cast<char>(content.size() & 0xff)};
  }
  return StrCat(header, content);
}

using OwnedExtension = Owned<X509_EXTENSION, X509_EXTENSION_free>;

OwnedExtension RawExtension(const std::string& oid, std::string_view value, bool critical) {
  const Owned<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(oid.c_str(), 1));
  const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> octets(ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(octets.get(), reinterpret_cast<const unsigned char*>(value.data()),
                        static_cast<int>(value.size()));
  return OwnedExtension(
      X509_EXTENSION_create_by_OBJ(nullptr, object.get(), critical ? 1 : 0, octets.get()));
}

OwnedExtension AuthorityKey(const std::string& key) {
  return RawExtension("2.5.29.35", Tlv(0x30, Tlv(0x80, KeyIdentifier(key))), false);
}

void AddToCertificate(X509* certificate, const OwnedExtension& extension) {
  SOTTO_CHECK(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

OwnedExtension TextExtension(int nid, const std::string& value) {
  return OwnedExtension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
}

void AddExtensions(const CertificateRecipe& recipe, X509* certificate) {
  AddToCertificate(certificate, AuthorityKey(recipe.issuer_key));
  AddToCertificate(certificate,
                   RawExtension("2.5.29.14", Tlv(0x04, KeyIdentifier(recipe.key)), false));
  AddToCertificate(certificate, TextExtension(NID_key_usage, recipe.key_usage));
  AddToCertificate(certificate, TextExtension(NID_basic_constraints, recipe.basic_constraints));
  if (!recipe.sgx_extension.empty()) {
    AddToCertificate(certificate, RawExtension(kSgxOid, recipe.sgx_extension, false));
  }
  if (recipe.unknown_critical_extension) {
    AddToCertificate(certificate, RawExtension("1.2.3.4.5", Tlv(0x05, ""), true));
  }
}

std::string Oid(const std::string& text) {
  const Owned<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(text.c_str(), 1));
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_OBJECT(object.get(), &der);
  SOTTO_CHECK(size > 0);
  std::string copy(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return copy;
}

std::string IntegerTlv(int value) {
  std::string bytes;
  for (int rest = value; rest != 0 || bytes.empty(); rest >>= 8) {
    bytes.insert(bytes.begin(), static_cast<char>(rest & 0xff));
  }
  if ((bytes[0] & 0x80) != 0) bytes.insert(bytes.begin(), '\0');
  return Tlv(0x02, bytes);
}

std::string Pair(const std::string& oid, std::string_view value) {
  return Tlv(0x30, StrCat(Oid(oid), value));
}

}  // namespace

EVP_PKEY* SyntheticKey(const std::string& name) {
  static auto* const keys = new std::map<std::string, OwnedKey>();
  OwnedKey& key = (*keys)[name];
  if (key == nullptr) key.reset(EVP_EC_gen(name.starts_with("P-384") ? "P-384" : "P-256"));
  SOTTO_CHECK(key != nullptr);
  return key.get();
}

std::string PointOf(const EVP_PKEY* key) {
  std::string point(256, '\0');
  size_t size = 0;
  SOTTO_CHECK(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
                                              reinterpret_cast<unsigned char*>(point.data()),
                                              point.size(), &size) == 1);
  return point.substr(1, size - 1);  // Without the 4 of an uncompressed point.
}

std::string SignRaw(EVP_PKEY* key, std::string_view message) {
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  std::array<unsigned char, 256> der{};
  size_t size = der.size();
  SOTTO_CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1);
  SOTTO_CHECK(EVP_DigestSign(context.get(), der.data(), &size,
                             reinterpret_cast<const unsigned char*>(message.data()),
                             message.size()) == 1);
  const unsigned char* data = der.data();
  const Owned<ECDSA_SIG, ECDSA_SIG_free> signature(
      d2i_ECDSA_SIG(nullptr, &data, static_cast<int64_t>(size)));
  SOTTO_CHECK(signature != nullptr);
  std::string raw(64, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + 32, 32);
  return raw;
}

std::string MakeCertificatePem(const CertificateRecipe& recipe) {
  const OwnedCertificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), recipe.serial);
  SetTime(X509_getm_notBefore(certificate.get()), recipe.from);
  SetTime(X509_getm_notAfter(certificate.get()), recipe.until);
  SetName(X509_get_subject_name(certificate.get()), recipe.common_name);
  const Owned<X509_NAME, X509_NAME_free> issuer(X509_NAME_new());
  SetName(issuer.get(), recipe.issuer_name);
  X509_set_issuer_name(certificate.get(), issuer.get());
  X509_set_pubkey(certificate.get(), SyntheticKey(recipe.key));
  AddExtensions(recipe, certificate.get());
  SOTTO_CHECK(X509_sign(certificate.get(), SyntheticKey(recipe.signer), EVP_sha256()) > 0);
  const OwnedBio out(BIO_new(BIO_s_mem()));
  SOTTO_CHECK(PEM_write_bio_X509(out.get(), certificate.get()) == 1);
  return Written(out);
}

std::string MakeCrlDer(const CrlRecipe& recipe) {
  const Owned<X509_CRL, X509_CRL_free> crl(X509_CRL_new());
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  const Owned<X509_NAME, X509_NAME_free> issuer(X509_NAME_new());
  SetName(issuer.get(), recipe.issuer_name);
  X509_CRL_set_issuer_name(crl.get(), issuer.get());
  const Owned<ASN1_TIME, ASN1_TIME_free> time(ASN1_TIME_new());
  SetTime(time.get(), recipe.from);
  X509_CRL_set1_lastUpdate(crl.get(), time.get());
  for (const uint32_t serial : recipe.revoked) {
    Owned<X509_REVOKED, X509_REVOKED_free> entry(X509_REVOKED_new());
    const Owned<ASN1_INTEGER, ASN1_INTEGER_free> number(ASN1_INTEGER_new());
    ASN1_INTEGER_set_uint64(number.get(), serial);
    X509_REVOKED_set_serialNumber(entry.get(), number.get());
    X509_REVOKED_set_revocationDate(entry.get(), time.get());
    SOTTO_CHECK(X509_CRL_add0_revoked(crl.get(), entry.release()) == 1);
  }
  SetTime(time.get(), recipe.until);
  if (!recipe.never_ends) X509_CRL_set1_nextUpdate(crl.get(), time.get());
  const OwnedExtension number = RawExtension("2.5.29.20", IntegerTlv(1), false);
  const OwnedExtension authority = AuthorityKey(recipe.issuer_key);
  X509_CRL_add_ext(crl.get(), number.get(), -1);
  X509_CRL_add_ext(crl.get(), authority.get(), -1);
  X509_CRL_sort(crl.get());
  SOTTO_CHECK(X509_CRL_sign(crl.get(), SyntheticKey(recipe.signer), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509_CRL(crl.get(), &der);
  SOTTO_CHECK(size > 0);
  std::string copy(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return copy;
}

std::string MakeSgxExtension(const SgxExtensionRecipe& recipe) {
  const std::string oid = kSgxOid;
  std::string tcb;
  for (size_t i = 0; i < recipe.svns.size(); ++i) {
    tcb += Pair(StrCat(oid, ".2.", i + 1), IntegerTlv(recipe.svns[i]));
  }
  tcb += Pair(oid + ".2.17", IntegerTlv(recipe.pce_svn));
  std::string cpu_svn;  // The same once more, in Intel's form.
  for (const int svn : recipe.svns) cpu_svn.push_back(static_cast<char>(svn));
  cpu_svn.resize(16);
  tcb += Pair(oid + ".2.18", Tlv(0x04, cpu_svn));
  const std::vector<std::pair<int, std::string>> fields = {{1, Tlv(0x04, std::string(16, '\x77'))},
                                                           {2, Tlv(0x30, tcb)},
                                                           {3, Tlv(0x04, recipe.pce_id)},
                                                           {4, Tlv(0x04, recipe.fmspc)},
                                                           {5, Tlv(0x0a, std::string(1, '\0'))}};
  const auto listed = [](const std::vector<int>& list, int number) {
    return std::find(list.begin(), list.end(), number) != list.end();
  };
  std::string content;
  for (const auto& [number, value] : fields) {
    const std::string pair = Pair(StrCat(oid, ".", number), value);
    if (!listed(recipe.left_out, number)) content += pair;
    if (listed(recipe.given_twice, number)) content += pair;
  }
  return Tlv(0x30, content);
}

}  // namespace sotto
