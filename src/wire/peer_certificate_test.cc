#include "wire/peer_certificate.h"

#include <gtest/gtest.h>

#include "testing/test_certificate.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;

TEST(PeerCertificateTest, AcceptsWhatARootSignedForTheHost) {
  const TestCertificate own = TestCertificate::Make(), other = TestCertificate::Make();
  EXPECT_TRUE(CheckCertificateChain(own.certificate, own.certificate, "localhost").ok());
  EXPECT_TRUE(
      CheckCertificateChain(own.certificate, other.certificate + own.certificate, "localhost")
          .ok());
}

TEST(PeerCertificateTest, RefusesTheRest) {
  const TestCertificate own = TestCertificate::Make(), other = TestCertificate::Make();
  const TestCertificate expired = TestCertificate::Make({.seconds_from_now = -60});
  const TestCertificate wildcard = TestCertificate::Make({.host = "*.example.org"});
  struct Case {
    std::string chain, roots, host;
  };
  for (const Case& c : {
           Case{own.certificate, other.certificate, "localhost"},    // Another root, alike in name.
           Case{own.certificate, own.certificate, "localhost.org"},  // Another host.
           Case{own.certificate, own.certificate, "127.0.0.1"},      // Not named in it.
           Case{own.certificate, own.certificate, ""},               // No host to check.
           Case{expired.certificate, expired.certificate, "localhost"},
           Case{wildcard.certificate, wildcard.certificate, "a.b.example.org"},
           Case{other.certificate + own.certificate, own.certificate, "localhost"},
           Case{own.certificate, "", "localhost"},  // No root of the system's.
           Case{"", own.certificate, "localhost"},
           Case{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", own.certificate,
                "localhost"},
       }) {
    EXPECT_EQ(CheckCertificateChain(c.chain, c.roots, c.host).code(), Code::kPermissionDenied)
        << c.host;
  }
  EXPECT_EQ(CheckCertificateChain(own.certificate, "no roots", "localhost").code(),
            Code::kInvalidArgument);
}

TEST(PeerCertificateTest, FingerprintsTellKeysApart) {
  const TestCertificate own = TestCertificate::Make(), other = TestCertificate::Make();
  const absl::StatusOr<std::string> key = KeyFingerprint(own.certificate);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->size(), 64u);
  EXPECT_NE(*key, *KeyFingerprint(other.certificate));
  EXPECT_EQ(KeyFingerprint("no certificate").status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace sotto
