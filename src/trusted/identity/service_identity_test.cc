#include "trusted/identity/service_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "absl/strings/escaping.h"
#include "attest/certificates.h"
#include "base/strings.h"
#include "trusted/identity/tls_key.h"

namespace sotto {
namespace {

constexpr int64_t kBegin = 1'750'000'000, kEnd = kBegin + 86'400;

OwnedCertificate Parsed(const std::string& pem) {
  return OwnedCertificate(PEM_read_bio_X509(Reader(pem).get(), nullptr, nullptr, nullptr));
}

bool IsTrustedAt(X509* certificate, int64_t time) {
  const Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), certificate);
  const Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  X509_STORE_CTX_set_time(context.get(), 0, time);
  return X509_verify_cert(context.get()) == 1;
}

TEST(TlsKeyTest, ItsCertificateIsOfItsNamesAndDates) {
  const auto key = TlsKey::Generate();
  ASSERT_TRUE(key.ok()) << key.status();
  const std::string longest = StrCat(std::string(63, 'a'), ".example");
  const auto pem = key->SelfSign({.names = {longest, "*.b.example", "192.0.2.7", "2001:db8::7"},
                                  .not_before = kBegin,
                                  .not_after = kEnd});
  ASSERT_TRUE(pem.ok()) << pem.status();
  const OwnedCertificate made = Parsed(*pem);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(PublicKeyOf(made.get()), key->public_key());
  for (const std::string& host : {longest, std::string("x.b.example")}) {
    EXPECT_EQ(X509_check_host(made.get(), host.data(), host.size(), 0, nullptr), 1) << host;
  }
  EXPECT_EQ(X509_check_host(made.get(), "localhost", 9, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(made.get(), "192.0.2.7", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(made.get(), "2001:db8::7", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(made.get(), "192.0.2.8", 0), 0);
  EXPECT_TRUE(IsTrustedAt(made.get(), kBegin + 1));
  EXPECT_FALSE(IsTrustedAt(made.get(), kBegin - 1));
  EXPECT_FALSE(IsTrustedAt(made.get(), kEnd + 1));
  EXPECT_EQ(X509_check_ca(made.get()), 0);
}

TEST(TlsKeyTest, ThePrivateKeyIsTheCertificates) {
  const auto key = TlsKey::Generate(), other = TlsKey::Generate();
  ASSERT_TRUE(key.ok() && other.ok());
  EXPECT_NE(key->public_key(), other->public_key());
  const auto pem = key->SelfSign({.not_before = kBegin, .not_after = kEnd});
  ASSERT_TRUE(pem.ok()) << pem.status();
  for (const TlsKey* each : {&*key, &*other}) {
    const auto text = each->Pem();
    ASSERT_TRUE(text.ok());
    const std::string copy(*text);
    const OwnedKey read(PEM_read_bio_PrivateKey(Reader(copy).get(), nullptr, nullptr, nullptr));
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(X509_check_private_key(Parsed(*pem).get(), read.get()) == 1, each == &*key);
  }
}

TEST(TlsKeyTest, AnExtensionIsThereAsGiven) {
  const auto key = TlsKey::Generate();
  ASSERT_TRUE(key.ok());
  const std::string value("\x04\x02\x00\x01", 4);
  const auto pem = key->SelfSign({.not_before = kBegin,
                                  .not_after = kEnd,
                                  .extensions = {{.oid = "2.23.133.5.4.9", .value = value}}});
  ASSERT_TRUE(pem.ok()) << pem.status();
  const OwnedCertificate made = Parsed(*pem);
  const Owned<ASN1_OBJECT, ASN1_OBJECT_free> oid(OBJ_txt2obj("2.23.133.5.4.9", 1));
  const int at = X509_get_ext_by_OBJ(made.get(), oid.get(), -1);
  ASSERT_GE(at, 0);
  const ASN1_OCTET_STRING* found = X509_EXTENSION_get_data(X509_get_ext(made.get(), at));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(found)),
                        static_cast<size_t>(ASN1_STRING_length(found))),
            value);
  EXPECT_EQ(key->SelfSign({.extensions = {{.oid = "no.oid"}}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(TlsKeyTest, NamesThatAreNone) {
  for (const char* name : {"localhost", "a-b.example", "*.example", "127.0.0.1", "::1"}) {
    EXPECT_TRUE(CheckTlsName(name).ok()) << name;
  }
  const std::string label(64, 'a'), many = StrCat(std::string(251, 'a'), ".aa");
  for (const std::string& name : {std::string(), std::string("*"), std::string("a..b"),
                                  std::string("a,DNS:b"), std::string("-a"), std::string("a_b"),
                                  std::string("a b"), std::string("1.2.3.4/8"), label, many}) {
    EXPECT_EQ(CheckTlsName(name).code(), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST(ServiceIdentityTest, TheKeysetNamesItsKeys) {
  const auto key = TlsKey::Generate();
  ASSERT_TRUE(key.ok());
  const auto pem = key->SelfSign({.not_before = kBegin, .not_after = kEnd});
  ASSERT_TRUE(pem.ok());
  const auto made = ServiceIdentity::Make(
      {.subject = "spiffe://example/sotto", .not_after = kEnd, .certificate_chain = *pem});
  ASSERT_TRUE(made.ok()) << made.status();
  const WorkloadKeyset& keyset = made->keyset();
  EXPECT_EQ(keyset.not_after(), kEnd);
  EXPECT_EQ(keyset.json()["subject"], "spiffe://example/sotto");
  ASSERT_EQ(keyset.tls_public_keys().size(), 1u);
  EXPECT_EQ(keyset.tls_public_keys()[0].spki_sha256,
            absl::BytesToHexString(Sha256Bytes(key->public_key())));
  ASSERT_EQ(keyset.receipt_signing_keys().size(), 1u);
  EXPECT_EQ(keyset.receipt_signing_keys()[0].key_id, made->receipt_key_id());
  const auto signature = made->receipt_key().Sign("text");
  ASSERT_TRUE(signature.ok());
  EXPECT_TRUE(Ed25519Verifies(absl::HexStringToBytes(keyset.receipt_signing_keys()[0].public_key),
                              "text", *signature));
  ASSERT_EQ(keyset.e2ee_public_keys().size(), 1u);
  const NamedPublicKey& channel = keyset.e2ee_public_keys()[0];
  EXPECT_EQ(channel.algo, kChannelKeyAlgo);
  EXPECT_EQ(channel.key_id, made->channel_key_id());
  EXPECT_EQ(channel.public_key, absl::BytesToHexString(made->channel_key().public_key()));
}

TEST(ServiceIdentityTest, NoTwoHaveAKeyInCommon) {
  const auto a = ServiceIdentity::Make({.not_after = kEnd});
  const auto b = ServiceIdentity::Make({.not_after = kEnd});
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_THAT(a->keyset().tls_public_keys(), testing::IsEmpty());
  EXPECT_NE(a->receipt_key_id(), b->receipt_key_id());
  EXPECT_NE(a->channel_key_id(), b->channel_key_id());
  EXPECT_NE(a->keyset().digest(), b->keyset().digest());
}

TEST(ServiceIdentityTest, TextThatIsNoCertificateIsRefused) {
  for (const char* text : {"x", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"}) {
    EXPECT_EQ(ServiceIdentity::Make({.not_after = kEnd, .certificate_chain = text}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace sotto
