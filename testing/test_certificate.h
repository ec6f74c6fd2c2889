// A certificate made for one test.
#ifndef SOTTO_TESTING_TEST_CERTIFICATE_H_
#define SOTTO_TESTING_TEST_CERTIFICATE_H_

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/check.h"

namespace sotto {

struct TestCertificateOptions {
  std::string host = "localhost";
  int64_t seconds_from_now = 3600;  // Its end; it began an hour ago.
};

// Self-signed.
struct TestCertificate {
  std::string certificate, key;  // PEM

  static TestCertificate Make(const TestCertificateOptions& options = {}) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                  EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
    SOTTO_CHECK(key != nullptr && x509 != nullptr);
    X509_set_version(x509.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), options.seconds_from_now);
    X509_set_pubkey(x509.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(x509.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(options.host.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(x509.get(), name);
    X509_EXTENSION* const names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                                      ("DNS:" + options.host).c_str());
    X509_add_ext(x509.get(), names, -1);
    X509_EXTENSION_free(names);
    SOTTO_CHECK(X509_sign(x509.get(), key.get(), EVP_sha256()) > 0);
    const auto text = [](auto write) {
      const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
      write(bio.get());
      char* data = nullptr;
      const auto size = static_cast<size_t>(BIO_get_mem_data(bio.get(), &data));
      return std::string(data, size);
    };
    return {text([&](BIO* bio) { PEM_write_bio_X509(bio, x509.get()); }), text([&](BIO* bio) {
              PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
  }
};

}  // namespace sotto

#endif  // SOTTO_TESTING_TEST_CERTIFICATE_H_
