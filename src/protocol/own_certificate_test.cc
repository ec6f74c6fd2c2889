#include "protocol/own_certificate.h"

#include <openssl/pem.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/test_certificate.h"

namespace sotto {
namespace {

using testing::HasSubstr;

void ExpectSays(const absl::Status& status, const std::string& what) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
}

TEST(OwnCertificateTest, APairIsFine) {
  const TestCertificate own = TestCertificate::Make(), other = TestCertificate::Make();
  EXPECT_TRUE(CheckCertificates(own.certificate).ok());
  EXPECT_TRUE(CheckPrivateKey(own.key).ok());
  EXPECT_TRUE(CheckKeyOfCertificate(own.certificate + other.certificate, own.key).ok());
  EXPECT_TRUE(CheckValidNow(own.certificate).ok());
}

TEST(OwnCertificateTest, EachFaultHasItsSentence) {
  const TestCertificate own = TestCertificate::Make(), other = TestCertificate::Make();
  const TestCertificate expired = TestCertificate::Make({.seconds_from_now = -60});
  ExpectSays(CheckCertificates(own.key), "no PEM certificate");
  ExpectSays(CheckCertificates(""), "no PEM certificate");
  ExpectSays(CheckPrivateKey(own.certificate), "no PEM private key");
  ExpectSays(CheckKeyOfCertificate(own.certificate, other.key),
             "is not the key of this certificate");
  ExpectSays(CheckKeyOfCertificate("x", own.key), "no PEM certificate");
  ExpectSays(CheckKeyOfCertificate(own.certificate, "x"), "no PEM private key");
  ExpectSays(CheckValidNow(expired.certificate), "expired on ");
}

// It must not be asked for on the terminal, where a service would wait for ever.
TEST(OwnCertificateTest, AKeyWithAPassphraseIsRefused) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_128_cbc(), "secret", 6,
                                          nullptr, nullptr),
            1);
  char* data = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio.get(), &data));
  ExpectSays(CheckPrivateKey({data, size}), "passphrase");
}

}  // namespace
}  // namespace sotto
