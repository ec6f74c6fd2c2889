#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "sotto/attestation.h"
#include "testing/synthetic_evidence.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Verdict VerdictOf(const EvidenceRecipe& recipe) {
  return VerifySynthetic(MakeEvidence(recipe), SyntheticPolicy());
}

TEST(FormatVerdict, OfAnAcceptedQuote) {
  const std::string text = FormatVerdict(VerdictOf(EvidenceRecipe(TeeKind::kSgx, 3)));
  EXPECT_THAT(text, StartsWith("accepted: SGX quote of version 3, at 2031-05-10T12:00:00Z\n"));
  EXPECT_THAT(text, HasSubstr("  MRENCLAVE    " + std::string("e1e1e1")));
  EXPECT_THAT(text, HasSubstr("  product, SVN 7, 3\n"));
  EXPECT_THAT(text, HasSubstr("  TCB          UpToDate\n  evaluation   data number 20\n"));
  EXPECT_THAT(text, HasSubstr("  valid until  2031-05-31T00:00:00Z, 20 days left (tcb_info)\n"));
  EXPECT_THAT(text, Not(HasSubstr("reason")));
  EXPECT_THAT(text, Not(HasSubstr("warning")));
}

TEST(FormatVerdict, SaysThatReportDataWereNotCompared) {
  const SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3));
  const Verdict verdict =
      VerifyQuote(evidence.quote, evidence.collateral, SyntheticPolicy(),
                  {.at = kEvidenceTime, .insecure_test_root = evidence.root_pem});
  EXPECT_TRUE(verdict.accepted());
  EXPECT_THAT(FormatVerdict(verdict), HasSubstr("0000 (not compared)\n"));
  EXPECT_THAT(FormatVerdict(VerdictOf(EvidenceRecipe(TeeKind::kSgx, 3))),
              Not(HasSubstr("not compared")));
}

TEST(FormatVerdict, WarnsOfWhatEndsSoon) {
  const Verdict verdict = VerdictOf(EvidenceRecipe(TeeKind::kTdx, 4));
  const std::string text = FormatVerdict(verdict, {.warn_within = std::chrono::days(21)});
  EXPECT_THAT(text, HasSubstr("  warning      2031-05-31T00:00:00Z, 20 days left (tcb_info)\n"));
  EXPECT_THAT(text, Not(HasSubstr("(qe_identity)")));
  EXPECT_THAT(text, HasSubstr("  RTMR3        a3a3"));
}

TEST(FormatVerdict, NamesReasonsAndWhatHasEnded) {
  EvidenceRecipe recipe(TeeKind::kSgx, 3);
  recipe.pck_crl.until = kEvidenceTime - std::chrono::hours(1);
  recipe.report[kSgxProduct] = 8;
  const std::string text = FormatVerdict(VerdictOf(recipe));
  EXPECT_THAT(text, StartsWith("refused: SGX quote"));
  EXPECT_THAT(text, HasSubstr("  reason       pck_crl.expired: "));
  EXPECT_THAT(text, HasSubstr("  reason       policy.product: the product is 8, not 7\n"));
  EXPECT_THAT(text, HasSubstr("  warning      pck_crl ended on 2031-05-10T11:00:00Z\n"));
}

TEST(VerdictToJson, HasWhatTheTextHas) {
  EvidenceRecipe recipe(TeeKind::kTdx, 5, true);
  recipe.report[kTdxRtmr0] = 0;
  const auto json = nlohmann::json::parse(VerdictToJson(VerdictOf(recipe)));
  EXPECT_EQ(json["accepted"], false);
  EXPECT_EQ(json["at"], "2031-05-10T12:00:00Z");
  ASSERT_EQ(json["reasons"].size(), 1u);
  EXPECT_EQ(json["reasons"][0]["id"], "policy.rtmr");
  EXPECT_EQ(json["tee"], "tdx");
  EXPECT_EQ(json["quote_version"], 5);
  EXPECT_EQ(json["claims"]["rtmr"].size(), 4u);
  EXPECT_EQ(json["report_data_compared"], true);
  EXPECT_EQ(json["fmspc"], "102030405060");
  EXPECT_EQ(json["tcb_status"], "UpToDate");
  EXPECT_EQ(json["tcb_evaluation_data_number"], 20);
  EXPECT_EQ(json["expiries"][0]["what"], "tcb_info");
  EXPECT_EQ(json["expiries"][0]["days_left"], 20);
  EXPECT_EQ(json["expiries"][0]["warn"], false);
}

TEST(VerdictToJson, OfNoQuote) {
  const Verdict verdict = VerifyQuote("", "", SyntheticPolicy(), {.at = kEvidenceTime});
  const auto json = nlohmann::json::parse(VerdictToJson(verdict));
  EXPECT_EQ(json["accepted"], false);
  EXPECT_TRUE(json["tee"].is_null());
  EXPECT_TRUE(json["tcb_status"].is_null());
  EXPECT_TRUE(json["fmspc"].is_null());
  EXPECT_THAT(FormatVerdict(verdict), StartsWith("refused: no quote that can be read"));
}

}  // namespace
}  // namespace sotto
