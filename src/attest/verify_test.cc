// Whole verifications of made evidence: what is accepted, and every refusal with its own reasons.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "attest/reasons.h"
#include "base/file.h"
#include "base/openssl_objects.h"
#include "base/strings.h"
#include "sotto/attestation.h"
#include "testing/paths.h"
#include "testing/refused_evidence.h"
#include "testing/synthetic_evidence.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::set<std::string> IdsOf(const std::vector<Reason>& reasons) {
  std::set<std::string> ids;
  for (const Reason& reason : reasons) ids.insert(ReasonId(reason));
  return ids;
}

std::string Describe(const Verdict& verdict) {
  std::string text;
  for (const Reason& reason : verdict.reasons) {
    text += StrCat(ReasonId(reason), ": ", reason.detail, "\n");
  }
  return text;
}

struct QuoteKind {
  TeeKind tee;
  int version;
  bool td15 = false;
};
const std::vector<QuoteKind> kQuoteKinds = {{TeeKind::kSgx, 3},        {TeeKind::kSgx, 4},
                                            {TeeKind::kSgx, 5},        {TeeKind::kTdx, 4},
                                            {TeeKind::kTdx, 5, false}, {TeeKind::kTdx, 5, true}};

TEST(VerifyQuote, AcceptsEveryKindOfQuote) {
  for (const QuoteKind& kind : kQuoteKinds) {
    const EvidenceRecipe recipe(kind.tee, kind.version, kind.td15);
    const Verdict verdict = VerifySynthetic(MakeEvidence(recipe), SyntheticPolicy());
    EXPECT_TRUE(verdict.accepted()) << kind.version << "\n" << Describe(verdict);
    EXPECT_EQ(verdict.tcb_status, TcbStatus::kUpToDate);
    EXPECT_EQ(verdict.claims.tee, kind.tee);
    EXPECT_EQ(verdict.claims.version, kind.version);
    EXPECT_EQ(verdict.claims.fmspc, "102030405060");
    EXPECT_EQ(verdict.tcb_evaluation_data_number, 20u);
    EXPECT_EQ(verdict.claims.report_data.substr(0, 4), "1d1d");
  }
}

TEST(VerifyQuote, ZerosMayFollowAQuote) {
  SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(TeeKind::kTdx, 4));
  evidence.quote.resize(8000);
  EXPECT_TRUE(VerifySynthetic(evidence, SyntheticPolicy()).accepted());
}

TEST(VerifyQuote, OtherFormsOfTheFile) {
  EvidenceRecipe recipe(TeeKind::kSgx, 3);
  recipe.edit_collateral = [](EvidenceJson& c) {
    for (const char* member : {"pck_crl", "root_ca_crl", "tcb_info_signature"}) {
      EvidenceJson array = EvidenceJson::array();
      for (const char byte : absl::HexStringToBytes(c[member].get<std::string>())) {
        array.push_back(static_cast<uint8_t>(byte));
      }
      c[member] = array;
    }
    c["pck_certificate_chain"] = nullptr;
  };
  EXPECT_TRUE(VerifySynthetic(MakeEvidence(recipe), SyntheticPolicy()).accepted());
  // A copy of the quote's chain, lines between its certificates.
  SyntheticEvidence evidence = MakeEvidence(recipe);
  auto collateral = EvidenceJson::parse(evidence.collateral);
  std::string chain = evidence.quote.substr(evidence.quote.find("-----BEGIN"));
  chain.insert(chain.find("-----BEGIN", 1), 1, '\n');
  collateral["pck_certificate_chain"] = chain;
  evidence.collateral = collateral.dump();
  const Verdict verdict = VerifySynthetic(evidence, SyntheticPolicy());
  EXPECT_TRUE(verdict.accepted()) << Describe(verdict);
}

TEST(VerifyQuote, QeIdentityMayHaveAnIssuerOfItsOwn) {
  EvidenceRecipe recipe(TeeKind::kSgx, 3);
  CertificateRecipe own = recipe.tcb_signing;
  own.serial = 77;
  own.key = recipe.qe_identity_signer = "other tcb signing";
  recipe.edit_qe_identity_chain = [&](auto& chain) { chain[0] = MakeCertificatePem(own); };
  const Verdict verdict = VerifySynthetic(MakeEvidence(recipe), SyntheticPolicy());
  EXPECT_TRUE(verdict.accepted()) << Describe(verdict);
}

TEST(VerifyQuote, RefusesEachFaultForItsOwnReasons) {
  const std::vector<RefusedCase> cases = RefusedCases();
  EXPECT_GE(cases.size(), 200u);
  std::set<std::string> seen, names;
  for (const RefusedCase& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_TRUE(names.insert(c.name).second);
    const Verdict verdict = VerifySynthetic(MakeEvidence(c.recipe), SyntheticPolicy());
    EXPECT_FALSE(c.reasons.empty());
    EXPECT_FALSE(verdict.accepted());
    EXPECT_EQ(IdsOf(verdict.reasons), c.reasons) << Describe(verdict);
    seen.insert(c.reasons.begin(), c.reasons.end());
  }
  EXPECT_GE(seen.size(), 45u);
}

// docs/attestation.md writes `PART.fault` or `.fault` where several parts have one.
TEST(VerifyQuote, EveryReasonIsDocumented) {
  const std::string page = *ReadFile(SourceDir() + "/docs/attestation.md");
  for (const RefusedCase& c : RefusedCases()) {
    for (const std::string& id : c.reasons) {
      const std::string fault = id.substr(id.find('.'));
      EXPECT_TRUE(page.find("`" + id + "`") != std::string::npos ||
                  page.find("`PART" + fault + "`") != std::string::npos ||
                  page.find("`" + fault + "`") != std::string::npos)
          << id;
    }
  }
}

TEST(VerifyQuote, NamesEveryReason) {
  EvidenceRecipe recipe(TeeKind::kSgx, 3);
  recipe.pck.until = kEvidenceTime - std::chrono::days(1);
  recipe.pck_crl.until = kEvidenceTime - std::chrono::days(2);
  recipe.pck_crl.revoked.push_back(recipe.pck.serial);
  recipe.qe_identity["nextUpdate"] = "2031-05-09T00:00:00Z";
  recipe.tcb_info_signer = "other";
  recipe.report[kSgxAttributes] = 0x07;
  recipe.report[kSgxMrenclave] = 0;
  recipe.sgx_extension.svns[0] = 4;
  const Verdict verdict = VerifySynthetic(MakeEvidence(recipe), SyntheticPolicy());
  EXPECT_EQ(IdsOf(verdict.reasons),
            (std::set<std::string>{"pck_chain.expired", "pck_chain.revoked", "pck_crl.expired",
                                   "qe_identity.expired", "tcb_info.signature", "quote.debug",
                                   "policy.mrenclave", "policy.tcb_status", "policy.advisory"}))
      << Describe(verdict);
  EXPECT_FALSE(verdict.genuine());
}

// Of (r, s) anybody makes (r, n - s), which ECDSA takes for a signature of the same bytes.
std::string OtherFormOf(const std::string& signature) {
  const Owned<EC_GROUP, EC_GROUP_free> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const Owned<BIGNUM, BN_free> s(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(signature.data()) + 32, 32, nullptr));
  BN_sub(s.get(), EC_GROUP_get0_order(group.get()), s.get());
  std::string other = signature;
  BN_bn2binpad(s.get(), reinterpret_cast<unsigned char*>(other.data()) + 32, 32);
  return other;
}

TEST(VerifyQuote, TheOtherFormOfASignatureSaysTheSame) {
  const SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3));
  constexpr size_t kReportBytes = 384, kSignatureBytes = 64, kKeyBytes = 64;
  const size_t of_quote = 48 + kReportBytes + 4;
  SyntheticEvidence other = evidence;
  for (const size_t at : {of_quote, of_quote + kSignatureBytes + kKeyBytes + kReportBytes}) {
    other.quote.replace(at, kSignatureBytes,
                        OtherFormOf(evidence.quote.substr(at, kSignatureBytes)));
  }
  EXPECT_NE(other.quote, evidence.quote);
  const Verdict verdict = VerifySynthetic(other, SyntheticPolicy());
  EXPECT_TRUE(verdict.accepted()) << Describe(verdict);
  EXPECT_EQ(VerdictToJson(verdict), VerdictToJson(VerifySynthetic(evidence, SyntheticPolicy())));
}

TEST(VerifyQuote, IntelsRootIsPinnedUnlessATestSaysOtherwise) {
  const SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3));
  const Verdict verdict =
      VerifyQuote(evidence.quote, evidence.collateral, SyntheticPolicy(), {.at = kEvidenceTime});
  EXPECT_EQ(IdsOf(verdict.reasons),
            (std::set<std::string>{"pck_chain.untrusted", "pck_crl_issuer_chain.untrusted",
                                   "tcb_info_issuer_chain.untrusted",
                                   "qe_identity_issuer_chain.untrusted"}));
  // Nor does a root that cannot be read trust everything.
  const Verdict unreadable =
      VerifyQuote(evidence.quote, evidence.collateral, SyntheticPolicy(),
                  {.at = kEvidenceTime, .insecure_test_root = "no certificate"});
  EXPECT_FALSE(unreadable.accepted());
}

TEST(VerifyQuote, TheClockIsTheCallers) {
  const SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3));
  const auto at = [&](std::chrono::sys_seconds time) {
    return IdsOf(VerifySynthetic(evidence, SyntheticPolicy(), time).reasons);
  };
  const std::chrono::sys_seconds next_update =
      std::chrono::sys_days(std::chrono::year(2031) / 5 / 31);
  EXPECT_THAT(at(next_update), IsEmpty());
  EXPECT_THAT(at(next_update + std::chrono::seconds(1)), ElementsAre("tcb_info.expired"));
  EXPECT_THAT(at(kEvidenceTime - std::chrono::days(1000)).size(), 8u);
}

TEST(VerifyQuote, ExpiriesAreInOrderAndNameTheirPart) {
  const Verdict verdict =
      VerifySynthetic(MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3)), SyntheticPolicy());
  ASSERT_GE(verdict.expiries.size(), 6u);
  EXPECT_EQ(verdict.expiries[0].what, "tcb_info");
  EXPECT_EQ(verdict.expiries[1].what, "qe_identity");
  EXPECT_EQ(verdict.expiries[2].what, "pck_crl");
  EXPECT_EQ(verdict.expiries[3].what, "root_ca_crl");
  for (size_t i = 1; i < verdict.expiries.size(); ++i) {
    EXPECT_LE(verdict.expiries[i - 1].at, verdict.expiries[i].at);
  }
}

TEST(VerifyQuote, StatesOfPlatformModuleAndQeBecomeOne) {
  EvidenceRecipe recipe(TeeKind::kTdx, 4);
  recipe.tcb_info["tcbLevels"][0]["tcbStatus"] = "ConfigurationNeeded";
  recipe.tcb_info["tcbLevels"][0]["advisoryIDs"] = {"INTEL-SA-00001", "INTEL-SA-00002"};
  recipe.qe_identity["tcbLevels"][0]["tcbStatus"] = "OutOfDate";
  recipe.qe_identity["tcbLevels"][0]["advisoryIDs"] = {"INTEL-SA-00002", "INTEL-SA-00003"};
  AttestationPolicy policy = SyntheticPolicy();
  policy.tcb_status = {TcbStatus::kOutOfDateConfigurationNeeded};
  policy.allowed_advisories = {"INTEL-SA-00001", "INTEL-SA-00002", "INTEL-SA-00003"};
  Verdict verdict = VerifySynthetic(MakeEvidence(recipe), policy);
  EXPECT_TRUE(verdict.accepted()) << Describe(verdict);
  EXPECT_EQ(verdict.tcb_status, TcbStatus::kOutOfDateConfigurationNeeded);
  EXPECT_THAT(verdict.advisories,
              ElementsAre("INTEL-SA-00001", "INTEL-SA-00002", "INTEL-SA-00003"));
  policy.allowed_advisories.pop_back();
  verdict = VerifySynthetic(MakeEvidence(recipe), policy);
  ASSERT_THAT(IdsOf(verdict.reasons), ElementsAre("policy.advisory"));
  EXPECT_THAT(verdict.reasons[0].detail, HasSubstr("INTEL-SA-00003"));
  EXPECT_TRUE(verdict.genuine());
}

TEST(VerifyQuote, APolicyWithoutARuleAcceptsNothing) {
  const SyntheticEvidence sgx = MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3));
  const SyntheticEvidence tdx = MakeEvidence(EvidenceRecipe(TeeKind::kTdx, 4));
  const auto ids = [](const SyntheticEvidence& evidence, const AttestationPolicy& policy) {
    return IdsOf(VerifySynthetic(evidence, policy).reasons);
  };
  AttestationPolicy policy;
  EXPECT_THAT(ids(sgx, policy), ElementsAre("policy.no_rule"));
  EXPECT_THAT(ids(tdx, policy), ElementsAre("policy.no_rule"));
  policy.sgx.emplace();
  policy.tdx.emplace();
  EXPECT_THAT(ids(sgx, policy), ElementsAre("policy.no_rule"));
  EXPECT_THAT(ids(tdx, policy), ElementsAre("policy.no_rule"));
  policy.sgx->mrsigner = SyntheticPolicy().sgx->mrsigner;  // Any product, of any age.
  EXPECT_THAT(ids(sgx, policy), ElementsAre("policy.no_rule"));
}

TEST(VerifyQuote, EitherMeasurementOfSeveral) {
  const SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3));
  AttestationPolicy policy = SyntheticPolicy();
  policy.sgx->mrenclave.insert(policy.sgx->mrenclave.begin(), std::string(64, '0'));
  EXPECT_TRUE(VerifySynthetic(evidence, policy).accepted());
  policy.sgx->mrenclave.clear();  // By signer alone.
  EXPECT_TRUE(VerifySynthetic(evidence, policy).accepted());
}

TEST(VerifyQuote, ReportDataOfAnotherSizeNeverFit) {
  const SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3));
  for (const std::string& data : {std::string(), std::string(32, '\x1d')}) {
    const Verdict verdict = VerifyQuote(
        evidence.quote, evidence.collateral, SyntheticPolicy(),
        {.at = kEvidenceTime, .report_data = data, .insecure_test_root = evidence.root_pem});
    EXPECT_THAT(IdsOf(verdict.reasons), ElementsAre("policy.report_data"));
  }
}

TEST(CheckKeyset, EndedOrTooLong) {
  AttestationPolicy policy;
  const auto reasons = [&](int64_t seconds_left) {
    return CheckKeyset(policy, {.not_after = kEvidenceTime + std::chrono::seconds(seconds_left)},
                       kEvidenceTime);
  };
  EXPECT_THAT(reasons(0), IsEmpty());  // not_after itself is valid, as in X.509.
  EXPECT_THAT(reasons(1'000'000'000), IsEmpty());
  EXPECT_THAT(IdsOf(reasons(-1)), ElementsAre("policy.keyset_age"));
  policy.maximum_keyset_age = std::chrono::seconds(3600);
  EXPECT_THAT(reasons(3600), IsEmpty());
  EXPECT_THAT(IdsOf(reasons(3601)), ElementsAre("policy.keyset_age"));
}

TEST(CheckKeyset, OneThatThePolicyNames) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  KeysetClaims keyset{.digest = digest, .not_after = kEvidenceTime};
  AttestationPolicy policy;
  const auto ids = [&] { return IdsOf(CheckKeyset(policy, keyset, kEvidenceTime)); };
  EXPECT_THAT(ids(), IsEmpty());
  policy.keyset_subject = {"scores.example", "scores.test"};
  EXPECT_THAT(ids(), ElementsAre("policy.keyset_subject"));  // It has none.
  keyset.subject = "";
  EXPECT_THAT(ids(), ElementsAre("policy.keyset_subject"));
  keyset.subject = "scores.test";
  EXPECT_THAT(ids(), IsEmpty());
  policy.keyset_digest = {"sha256:" + std::string(64, 'b'), digest};
  EXPECT_THAT(ids(), IsEmpty());
  policy.keyset_digest.pop_back();
  keyset.subject = "Scores.test";
  EXPECT_THAT(ids(), ElementsAre("policy.keyset_digest", "policy.keyset_subject"));
}

}  // namespace
}  // namespace sotto
