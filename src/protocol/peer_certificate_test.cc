#include "protocol/peer_certificate.h"

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
    EXPECT_EQ(CheckCertificateChain(c.chain, c.roots, c.host).status().code(),
              Code::kPermissionDenied)
        << c.host;
  }
  EXPECT_EQ(CheckCertificateChain(own.certificate, "no roots", "localhost").status().code(),
            Code::kInvalidArgument);
}

TEST(PeerCertificateTest, SaysWhoVouchesAndWhoMaySign) {
  const TestCertificate root = TestCertificate::Make({.basic_constraints = "critical,CA:TRUE"});
  const TestCertificate middle =
      TestCertificate::Make({.authority = &root, .basic_constraints = "critical,CA:TRUE"});
  const TestCertificate own =
      TestCertificate::Make({.authority = &middle, .basic_constraints = "CA:FALSE"});
  const auto peer =
      CheckCertificateChain(own.certificate + middle.certificate, root.certificate, "localhost");
  ASSERT_TRUE(peer.ok()) << peer.status();
  EXPECT_EQ(peer->key_sha256, *KeyFingerprint(own.certificate));
  EXPECT_FALSE(peer->is_authority);
  EXPECT_EQ(peer->issuer_keys_sha256,
            (std::vector{*KeyFingerprint(middle.certificate), *KeyFingerprint(root.certificate)}));
  // Trusted as it is: nobody vouches.
  const auto itself = CheckCertificateChain(root.certificate, root.certificate, "localhost");
  ASSERT_TRUE(itself.ok()) << itself.status();
  EXPECT_TRUE(itself->is_authority);
  EXPECT_TRUE(itself->issuer_keys_sha256.empty());
}

// What a server's certificate with CA:FALSE signed counts for nothing.
TEST(PeerCertificateTest, OnlyAnAuthoritySigns) {
  for (const char* constraints : {"CA:FALSE", ""}) {
    const TestCertificate server = TestCertificate::Make({.basic_constraints = constraints});
    const TestCertificate forged = TestCertificate::Make({.authority = &server});
    EXPECT_EQ(
        CheckCertificateChain(forged.certificate, server.certificate, "localhost").status().code(),
        Code::kPermissionDenied);
  }
}

TEST(PeerCertificateTest, FingerprintsTellKeysApart) {
  const TestCertificate own = TestCertificate::Make(), other = TestCertificate::Make();
  const absl::StatusOr<std::string> key = KeyFingerprint(own.certificate);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->size(), 64u);
  EXPECT_NE(*key, *KeyFingerprint(other.certificate));
  EXPECT_EQ(KeyFingerprint("no certificate").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(*KeyFingerprints(own.certificate + other.certificate),
            (std::vector{*key, *KeyFingerprint(other.certificate)}));
}

}  // namespace
}  // namespace sotto
