// A certificate made for one test.
#ifndef SOTTO_TESTING_TEST_CERTIFICATE_H_
#define SOTTO_TESTING_TEST_CERTIFICATE_H_

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/check.h"
#include "base/strings.h"

namespace sotto {

struct TestCertificate;

struct TestCertificateOptions {
  std::string host = "localhost";
  int64_t seconds_from_now = 3600;             // Its end; it began an hour ago.
  const TestCertificate* authority = nullptr;  // Who signs it; none: itself.
  std::string basic_constraints = {};          // "CA:TRUE", "CA:FALSE"; empty: none.
};

struct TestCertificate {
  std::string certificate, key;  // PEM

  static TestCertificate Make(const TestCertificateOptions& options = {});

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  static void AddExtension(X509* x509, int nid, const std::string& value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    SOTTO_CHECK(extension != nullptr);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  }
  template <typename Write>
  static std::string Text(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    write(bio.get());
    char* data = nullptr;
    const auto size = static_cast<size_t>(BIO_get_mem_data(bio.get(), &data));
    return {data, size};
  }
  template <typename Read>
  static auto Parse(const std::string& pem, Read read) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
    return read(bio.get(), nullptr, nullptr, nullptr);
  }
  // Names the authority as the issuer, and signs with its key.
  static void SignBy(const TestCertificate& authority, X509* x509) {
    const Certificate issuer(Parse(authority.certificate, PEM_read_bio_X509), X509_free);
    const Key key(Parse(authority.key, PEM_read_bio_PrivateKey), EVP_PKEY_free);
    SOTTO_CHECK(issuer != nullptr && key != nullptr);
    X509_set_issuer_name(x509, X509_get_subject_name(issuer.get()));
    SOTTO_CHECK(X509_sign(x509, key.get(), EVP_sha256()) > 0);
  }
};

inline TestCertificate TestCertificate::Make(const TestCertificateOptions& options) {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Certificate x509(X509_new(), X509_free);
  SOTTO_CHECK(key != nullptr && x509 != nullptr);
  X509_set_version(x509.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), options.seconds_from_now);
  X509_set_pubkey(x509.get(), key.get());
  // One that another signed must not have that one's name, as if it had signed itself.
  static std::atomic<int> made{0};
  const std::string common_name =
      options.authority != nullptr ? StrCat(options.host, " ", ++made) : options.host;
  X509_NAME* const name = X509_get_subject_name(x509.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  AddExtension(x509.get(), NID_subject_alt_name, "DNS:" + options.host);
  if (!options.basic_constraints.empty()) {
    AddExtension(x509.get(), NID_basic_constraints, options.basic_constraints);
  }
  if (options.authority != nullptr) {
    SignBy(*options.authority, x509.get());
  } else {
    X509_set_issuer_name(x509.get(), name);
    SOTTO_CHECK(X509_sign(x509.get(), key.get(), EVP_sha256()) > 0);
  }
  return {Text([&](BIO* bio) { PEM_write_bio_X509(bio, x509.get()); }), Text([&](BIO* bio) {
            PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace sotto

#endif  // SOTTO_TESTING_TEST_CERTIFICATE_H_
