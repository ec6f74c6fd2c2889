#include "cli/serve_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command.h"
#include "protocol/own_certificate.h"

namespace sotto {
namespace {

using testing::HasSubstr;

// It is only seen whether there is one.
class UnusedAttester : public Attester {
 public:
  UnusedAttester() : Attester(TeeKind::kTdx) {}

 private:
  absl::StatusOr<std::string> MakeQuote(std::string_view) override {
    return absl::UnavailableError("no quote");
  }
};

ServiceOptions Attested() { return {.attester = std::make_shared<UnusedAttester>()}; }

absl::StatusOr<IdentityJob> ReadIdentity(std::vector<const char*> flags, bool make_tls_key = true) {
  CLI::App app;
  const ServeIdentityFlags read(app);
  flags.insert(flags.begin(), "serve");
  app.parse(static_cast<int>(flags.size()), flags.data());
  IdentityJob job;
  SOTTO_RETURN_IF_ERROR(read.Read(make_tls_key, job));
  return job;
}

TEST(ServeIdentityTest, ATeeThatAttestsMakesItsTlsKey) {
  ServiceOptions options = Attested();
  ASSERT_TRUE(GiveIdentity({.make_tls_key = true}, options).ok());
  ASSERT_NE(options.identity, nullptr);
  ASSERT_TRUE(options.http.terms.tls.has_value());
  const HttpTls& tls = *options.http.terms.tls;
  EXPECT_TRUE(CheckValidNow(tls.certificate_chain).ok());
  EXPECT_TRUE(CheckKeyOfCertificate(tls.certificate_chain, std::string(tls.private_key)).ok());
  const auto& keys = options.identity->keyset().tls_public_keys();
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].spki_sha256, *PublicKeySha256(tls.certificate_chain));
}

TEST(ServeIdentityTest, AGivenCertificateIsListed) {
  ServiceOptions made = Attested(), given = Attested();
  ASSERT_TRUE(GiveIdentity({.make_tls_key = true}, made).ok());
  given.http.terms.tls = made.http.terms.tls;
  ASSERT_TRUE(GiveIdentity({}, given).ok());
  EXPECT_EQ(given.http.terms.tls->certificate_chain, made.http.terms.tls->certificate_chain);
  EXPECT_EQ(given.identity->keyset().tls_public_keys()[0].spki_sha256,
            made.identity->keyset().tls_public_keys()[0].spki_sha256);
}

TEST(ServeIdentityTest, OneThatIsMadeAnewHasOtherKeysInTime) {
  ServiceOptions options = Attested();
  const IdentityJob job{.make_tls_key = true, .lifetime = std::chrono::hours(3)};
  ASSERT_TRUE(GiveIdentity(job, options).ok());
  const WorkloadKeyset& before = options.identity->keyset();
  const std::chrono::sys_seconds end{std::chrono::seconds(before.not_after())};
  EXPECT_EQ(RenewalTime(job, *options.identity), end - std::chrono::hours(1));
  const auto made = MakeIdentity(job, PlaceOf(options));
  ASSERT_TRUE(made.ok()) << made.status();
  const WorkloadKeyset& after = made->identity->keyset();
  EXPECT_NE(after.receipt_signing_keys()[0].public_key,
            before.receipt_signing_keys()[0].public_key);
  EXPECT_NE(after.e2ee_public_keys()[0].public_key, before.e2ee_public_keys()[0].public_key);
  EXPECT_NE(after.tls_public_keys()[0].spki_sha256, before.tls_public_keys()[0].spki_sha256);
  EXPECT_EQ(after.tls_public_keys()[0].spki_sha256, *PublicKeySha256(made->tls->certificate_chain));
  EXPECT_GE(after.not_after(), before.not_after());
}

TEST(ServeIdentityTest, AGivenTlsKeyStays) {
  ServiceOptions made = Attested(), given = Attested();
  ASSERT_TRUE(GiveIdentity({.make_tls_key = true}, made).ok());
  given.http.terms.tls = made.http.terms.tls;
  ASSERT_TRUE(GiveIdentity({}, given).ok());
  const auto again = MakeIdentity({}, PlaceOf(given));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->tls->certificate_chain, made.http.terms.tls->certificate_chain);
  EXPECT_NE(again->identity->receipt_key_id(), given.identity->receipt_key_id());
  EXPECT_EQ(again->identity->keyset().tls_public_keys()[0].spki_sha256,
            given.identity->keyset().tls_public_keys()[0].spki_sha256);
}

TEST(ServeIdentityTest, WithoutTlsTheKeysetListsNone) {
  ServiceOptions options = Attested();
  ASSERT_TRUE(GiveIdentity({}, options).ok());
  EXPECT_FALSE(options.http.terms.tls.has_value());
  EXPECT_TRUE(options.identity->keyset().tls_public_keys().empty());
}

TEST(ServeIdentityTest, WhereNoQuoteCanBeHadThereIsNone) {
  ServiceOptions options;
  EXPECT_TRUE(GiveIdentity({}, options).ok());
  EXPECT_EQ(options.identity, nullptr);
  const absl::Status refused = GiveIdentity({.make_tls_key = true}, options);
  EXPECT_TRUE(IsUsageError(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("--tls-cert and --tls-key: are required"));
  const absl::Status vain = GiveIdentity({.given_flag = "--keyset-hours"}, options);
  EXPECT_TRUE(IsUsageError(vain));
  EXPECT_THAT(std::string(vain.message()), HasSubstr("--keyset-hours: has no effect"));
}

TEST(ServeIdentityTest, ReadsItsFlags) {
  const auto job = ReadIdentity(
      {"--tls-name", "a.example, 192.0.2.1", "--keyset-subject", "a", "--keyset-hours", "24"});
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_THAT(job->tls_names, testing::ElementsAre("a.example", "192.0.2.1"));
  EXPECT_EQ(job->subject, "a");
  EXPECT_EQ(job->lifetime, std::chrono::hours(24));
  ServiceOptions options = Attested();
  options.http.listen = "[::1]:8443";
  ASSERT_TRUE(GiveIdentity(*job, options).ok());
  EXPECT_EQ(options.identity->keyset().json()["subject"], "a");
}

TEST(ServeIdentityTest, RefusesByTheFlag) {
  EXPECT_THAT(std::string(ReadIdentity({"--tls-name", "a_b"}).status().message()),
              HasSubstr("--tls-name: must be host names"));
  EXPECT_THAT(std::string(ReadIdentity({"--tls-name", "a,"}).status().message()),
              HasSubstr("--tls-name: must be host names"));
  EXPECT_THAT(std::string(ReadIdentity({"--tls-name", "a"}, false).status().message()),
              HasSubstr("--tls-name: has no effect"));
  EXPECT_THAT(std::string(ReadIdentity({"--keyset-subject", "a b"}).status().message()),
              HasSubstr("--keyset-subject: must be"));
  EXPECT_THAT(std::string(ReadIdentity({"--keyset-hours", "0"}).status().message()),
              HasSubstr("--keyset-hours: \"0\" is not a whole number from 1"));
}

}  // namespace
}  // namespace sotto
