// Reports that are kept as files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "attest/aci_report.h"
#include "testing/synthetic_evidence.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kAsked(64, 'a');
constexpr int64_t kDayOfSeconds = 86400;

class VerifyReportTest : public testing::Test {
 protected:
  static WorkloadKeyset Keys(char key) {
    return WorkloadKeyset::Make(
        "demo", kEvidenceTime.time_since_epoch().count() + kDayOfSeconds,
        {{"receipt-1", std::string(kReceiptKeyAlgo), std::string(64, key)}},
        {{.spki_sha256 = std::string(64, 'c')}},
        {{"channel-1", std::string(kChannelKeyAlgo), std::string(64, '2')}});
  }
  // With a quote over what the keyset and the nonce come to.
  json Report(const WorkloadKeyset& keyset, const std::string& nonce) {
    EvidenceRecipe recipe(TeeKind::kSgx, 3);
    const std::string bound = ReportDataSlot(AttestedReportData(keyset.digest(), nonce));
    recipe.report.replace(kSgxReportData, bound.size(), bound);
    const SyntheticEvidence evidence = MakeEvidence(recipe);
    collateral_ = evidence.collateral;
    root_ = evidence.root_pem;
    return json::parse(
        AciReportToJson(MakeAciReport(TeeKind::kSgx, keyset, nonce, {}, evidence.quote)));
  }
  std::vector<std::string> Ids(const json& report, const AttestationPolicy& policy = Policy(),
                               int64_t later = 0) {
    const Verdict verdict = VerifyReport(
        report.dump(), kAsked, collateral_, policy,
        {.at = kEvidenceTime + std::chrono::seconds(later), .insecure_test_root = root_});
    std::vector<std::string> ids;
    for (const Reason& reason : verdict.reasons) ids.push_back(ReasonId(reason));
    return ids;
  }
  static AttestationPolicy Policy() { return SyntheticPolicy(); }

  std::string collateral_, root_;
};

TEST_F(VerifyReportTest, TheOneThatWasAskedForIsAccepted) {
  EXPECT_THAT(Ids(Report(Keys('1'), kAsked)), IsEmpty());
}

TEST_F(VerifyReportTest, OfAnotherNonceOrKeyset) {
  EXPECT_THAT(Ids(Report(Keys('1'), std::string(64, 'b'))), ElementsAre("report.mismatch"));
  // A genuine quote, of something else, in a report that is made up around it.
  json forged = Report(Keys('1'), kAsked);
  const json other = Report(Keys('3'), kAsked);
  forged["attestation"]["evidence"] = other["attestation"]["evidence"];
  EXPECT_THAT(Ids(forged), ElementsAre("policy.report_data"));
  forged["attestation"]["report_data"] = other["attestation"]["report_data"];
  EXPECT_THAT(Ids(forged), ElementsAre("report.mismatch"));
  json keys = Report(Keys('1'), kAsked);
  keys["attestation"]["workload_keyset"] = Keys('3').json();
  EXPECT_THAT(Ids(keys), ElementsAre("report.mismatch"));
}

TEST_F(VerifyReportTest, WhatItSaysOfItself) {
  json tdx = Report(Keys('1'), kAsked);
  tdx["attestation"]["tee_type"] = "tdx";
  EXPECT_THAT(Ids(tdx), ElementsAre("report.mismatch"));
  json passes_on = Report(Keys('1'), kAsked);
  passes_on["service_capabilities"]["serving"] = "aggregator";
  EXPECT_THAT(Ids(passes_on), ElementsAre("report.mismatch"));
  EXPECT_THAT(Ids(json::array()), ElementsAre("report.malformed"));
}

TEST_F(VerifyReportTest, TheKeysetsAgeAndThePolicyCount) {
  const json report = Report(Keys('1'), kAsked);
  EXPECT_THAT(Ids(report, Policy(), kDayOfSeconds + 1), testing::Contains("policy.keyset_age"));
  AttestationPolicy strict = Policy();
  strict.sgx->mrenclave = {std::string(64, '0')};
  EXPECT_THAT(Ids(report, strict), testing::Contains("policy.mrenclave"));
  AttestationPolicy pinned = Policy();
  pinned.keyset_digest = {Keys('1').digest()};
  pinned.keyset_subject = {"demo"};
  EXPECT_THAT(Ids(report, pinned), IsEmpty());
  pinned.keyset_digest = {Keys('3').digest()};
  EXPECT_THAT(Ids(report, pinned), ElementsAre("policy.keyset_digest"));
  pinned = Policy();
  pinned.keyset_subject = {"another"};
  EXPECT_THAT(Ids(report, pinned), ElementsAre("policy.keyset_subject"));
}

}  // namespace
}  // namespace sotto
