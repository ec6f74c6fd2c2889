// Reports as a service writes them, and those that a client must not take for one.
#include "attest/aci_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "base/strings.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kNonce(64, 'a');

WorkloadKeyset ReportKeyset() {
  return WorkloadKeyset::Make("demo", 2000000000,
                              {{"receipt-1", std::string(kReceiptKeyAlgo), std::string(64, '1')}},
                              {{.spki_sha256 = std::string(64, 'c')}},
                              {{"channel-1", std::string(kChannelKeyAlgo), std::string(64, '2')}});
}

json ReportJson(TeeKind tee = TeeKind::kSgx) {
  return json::parse(AciReportToJson(MakeAciReport(
      tee, ReportKeyset(), kNonce, {.repo_url = "https://example.org/x"}, "\x01\xff")));
}

absl::Status Read(const json& report, const std::optional<std::string>& nonce = kNonce) {
  return ParseAciReport(report.dump(), nonce).status();
}

TEST(AciReportTest, StatementHasTheBytesOfAcisVectors) {
  const std::string digest =
      "sha256:53a5cd44b30dcc51999754c719f2628a041f174ecbf9662a6f8e898a10cd9371";
  const std::string nonce = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  EXPECT_EQ(AttestationStatement(digest, nonce),
            StrCat(R"({"keyset_digest":")", digest, R"(","nonce":")", nonce,
                   R"(","purpose":"aci.report_data.v1"})"));
  EXPECT_EQ(
      AttestationStatement(digest, std::nullopt),
      StrCat(R"({"keyset_digest":")", digest, R"(","nonce":null,"purpose":"aci.report_data.v1"})"));
  EXPECT_EQ(
      absl::BytesToHexString(ReportDataSlot(AttestedReportData(digest, nonce))),
      "df2174d28130852b413646a3786927b93e94c11d770268b65def8bdba45cb49e" + std::string(64, '0'));
}

TEST(AciReportTest, HasAcisMembers) {
  const json report = ReportJson(TeeKind::kTdx);
  EXPECT_EQ(report["api_version"], "aci/1");
  EXPECT_EQ(report["workload_keyset_digest"], ReportKeyset().digest());
  const json& attestation = report["attestation"];
  EXPECT_EQ(attestation["tee_type"], "tdx");
  EXPECT_EQ(attestation["workload_keyset"], ReportKeyset().json());
  EXPECT_EQ(attestation["report_data"],
            absl::BytesToHexString(AttestedReportData(ReportKeyset().digest(), kNonce)));
  EXPECT_EQ(attestation["source_provenance"], json({{"repo_url", "https://example.org/x"},
                                                    {"repo_commit", nullptr},
                                                    {"image_digest", nullptr},
                                                    {"image_provenance", nullptr}}));
  EXPECT_EQ(attestation["evidence"], json({{"quote", "01ff"}}));
  EXPECT_EQ(report["service_capabilities"],
            json({{"supported_e2ee_versions", json::array()}, {"serving", "direct"}}));
}

TEST(AciReportTest, IsReadAsItWasWritten) {
  for (const TeeKind tee : {TeeKind::kSgx, TeeKind::kTdx}) {
    const auto report = ParseAciReport(ReportJson(tee).dump(2), kNonce);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->tee, tee);
    EXPECT_EQ(report->keyset.digest(), ReportKeyset().digest());
    EXPECT_EQ(report->report_data, AttestedReportData(ReportKeyset().digest(), kNonce));
    EXPECT_EQ(report->quote, "\x01\xff");
    EXPECT_EQ(report->provenance.repo_url, "https://example.org/x");
    EXPECT_EQ(report->provenance.repo_commit, std::nullopt);
    EXPECT_TRUE(report->direct);
    ASSERT_EQ(report->keyset.e2ee_public_keys().size(), 1u);
    EXPECT_EQ(report->keyset.e2ee_public_keys()[0].key_id, "channel-1");
  }
}

TEST(AciReportTest, MembersNobodyNeedsArePassedOver) {
  json report = ReportJson();
  report["more"] = 1;
  report["attestation"]["evidence"]["event_log"] = "[]";
  report["service_capabilities"]["more"] = json::array({1});
  report["attestation"].erase("source_provenance");
  EXPECT_TRUE(Read(report).ok()) << Read(report);
}

TEST(AciReportTest, AnotherModeOfServingIsNotDirect) {
  json report = ReportJson();
  report["service_capabilities"]["serving"] = "aggregator";
  EXPECT_FALSE(ParseAciReport(report.dump(), kNonce)->direct);
  report["service_capabilities"]["serving"] = "of some new kind";
  EXPECT_FALSE(ParseAciReport(report.dump(), kNonce)->direct);
}

TEST(AciReportTest, AnswersOneNonceOfOneKeyset) {
  const json report = ReportJson();
  for (const std::optional<std::string>& other : {std::optional(std::string(64, 'b')), {}}) {
    EXPECT_TRUE(absl::IsPermissionDenied(Read(report, other)));
  }
  json other_digest = report;
  other_digest["workload_keyset_digest"] = "sha256:" + std::string(64, '0');
  EXPECT_TRUE(absl::IsPermissionDenied(Read(other_digest)));
  // Another key beside the genuine quote.
  json other_key = report;
  other_key["attestation"]["workload_keyset"]["tls_public_keys"][0]["spki_sha256"] =
      std::string(64, 'd');
  EXPECT_TRUE(absl::IsPermissionDenied(Read(other_key)));
  const auto forged =
      WorkloadKeyset::Parse(other_key["attestation"]["workload_keyset"]).value().digest();
  other_key["workload_keyset_digest"] = forged;
  EXPECT_TRUE(absl::IsPermissionDenied(Read(other_key)));
}

struct BadReport {
  const char* member;  // That the error names first.
  std::function<void(json&)> edit;
};

TEST(AciReportTest, NamesTheMemberThatIsWrong) {
  const std::vector<BadReport> bad = {
      {"api_version", [](json& r) { r["api_version"] = "aci/2"; }},
      {"api_version", [](json& r) { r.erase("api_version"); }},
      {"workload_keyset_digest", [](json& r) { r["workload_keyset_digest"] = 7; }},
      {"attestation", [](json& r) { r["attestation"] = json::array(); }},
      {"attestation.tee_type", [](json& r) { r["attestation"]["tee_type"] = "sev_snp"; }},
      {"attestation.tee_type", [](json& r) { r["attestation"]["tee_type"] = nullptr; }},
      {"attestation.workload_keyset", [](json& r) { r["attestation"].erase("workload_keyset"); }},
      {"attestation.workload_keyset: not_after",
       [](json& r) { r["attestation"]["workload_keyset"]["not_after"] = -1; }},
      {"attestation.workload_keyset: e2ee_public_keys[0].public_key",
       [](json& r) {
         r["attestation"]["workload_keyset"]["e2ee_public_keys"][0]["public_key"] = "AB";
       }},
      {"attestation.workload_keyset: e2ee_public_keys[0].public_key is a receipt key",
       [](json& r) {
         r["attestation"]["workload_keyset"]["e2ee_public_keys"][0]["public_key"] =
             std::string(64, '1');
       }},
      {"attestation.report_data",
       [](json& r) { r["attestation"]["report_data"] = std::string(64, 'A'); }},
      {"attestation.report_data",
       [](json& r) { r["attestation"]["report_data"] = std::string(128, '0'); }},
      {"attestation.source_provenance", [](json& r) { r["attestation"]["source_provenance"] = 1; }},
      {"attestation.source_provenance.repo_commit",
       [](json& r) { r["attestation"]["source_provenance"]["repo_commit"] = 1; }},
      {"attestation.evidence", [](json& r) { r["attestation"].erase("evidence"); }},
      {"attestation.evidence.quote", [](json& r) { r["attestation"]["evidence"]["quote"] = ""; }},
      {"attestation.evidence.quote",
       [](json& r) { r["attestation"]["evidence"]["quote"] = "012"; }},
      {"attestation.evidence.quote",
       [](json& r) { r["attestation"]["evidence"]["quote"] = "0xab"; }},
      {"service_capabilities", [](json& r) { r.erase("service_capabilities"); }},
      {"service_capabilities.serving",
       [](json& r) { r["service_capabilities"]["serving"] = true; }},
  };
  for (const BadReport& one : bad) {
    json report = ReportJson();
    one.edit(report);
    const absl::Status status = Read(report);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << one.member;
    EXPECT_THAT(std::string(ToStd(status.message())), StartsWith(one.member));
  }
}

TEST(AciReportTest, IsOneJsonObjectOfBoundedSize) {
  EXPECT_FALSE(ParseAciReport("[]", kNonce).ok());
  EXPECT_FALSE(ParseAciReport("", kNonce).ok());
  const std::string text = ReportJson().dump();
  EXPECT_TRUE(ParseAciReport(text + std::string(1000, ' '), kNonce).ok());
  EXPECT_FALSE(ParseAciReport(text + std::string(kMaxAciReportBytes, ' '), kNonce).ok());
  EXPECT_FALSE(ParseAciReport("\xef\xbb\xbf" + text, kNonce).ok());
  EXPECT_FALSE(
      ParseAciReport(text.substr(0, text.size() - 1) + R"(,"api_version":"aci/1"})", kNonce).ok());
}

}  // namespace
}  // namespace sotto
