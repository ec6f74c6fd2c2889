#include "attest/policy_checks.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "attest/dates.h"
#include "base/strings.h"
#include "base/terminal_text.h"

namespace sotto {
namespace {

template <typename List, typename Item>
bool Contains(const List& list, const Item& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

class PolicyReasons {
 public:
  explicit PolicyReasons(Reasons& reasons) : reasons_(reasons) {}

  void Unless(bool met, EvidenceFault fault, const std::string& detail) {
    if (!met) reasons_.Add(EvidencePart::kPolicy, fault, detail);
  }

 private:
  Reasons& reasons_;
};

void CheckSgxRule(const SgxRule& rule, const QuoteClaims& claims, PolicyReasons reasons) {
  const bool by_signer = rule.mrsigner && rule.product_id && rule.minimum_svn;
  reasons.Unless(!rule.mrenclave.empty() || by_signer, EvidenceFault::kNoRule,
                 "the policy names neither MRENCLAVE nor MRSIGNER, product and minimum SVN");
  reasons.Unless(rule.mrenclave.empty() || Contains(rule.mrenclave, claims.mrenclave),
                 EvidenceFault::kMrenclave,
                 StrCat("MRENCLAVE is ", claims.mrenclave, ", which the policy does not name"));
  reasons.Unless(!rule.mrsigner || *rule.mrsigner == claims.mrsigner, EvidenceFault::kMrsigner,
                 StrCat("MRSIGNER is ", claims.mrsigner, ", not the policy's"));
  if (rule.product_id) {
    reasons.Unless(*rule.product_id == claims.product_id, EvidenceFault::kProduct,
                   StrCat("the product is ", claims.product_id, ", not ", *rule.product_id));
  }
  if (rule.minimum_svn) {
    reasons.Unless(claims.svn >= *rule.minimum_svn, EvidenceFault::kSvn,
                   StrCat("the enclave's SVN is ", claims.svn, ", below ", *rule.minimum_svn));
  }
}

void CheckTdxRule(const TdxRule& rule, const QuoteClaims& claims, PolicyReasons reasons) {
  reasons.Unless(!rule.mrtd.empty(), EvidenceFault::kNoRule, "the policy names no MRTD");
  reasons.Unless(rule.mrtd.empty() || Contains(rule.mrtd, claims.mrtd), EvidenceFault::kMrtd,
                 StrCat("MRTD is ", claims.mrtd, ", which the policy does not name"));
  for (size_t i = 0; i < rule.rtmr.size(); ++i) {
    reasons.Unless(rule.rtmr[i].empty() || Contains(rule.rtmr[i], claims.rtmr[i]),
                   EvidenceFault::kRtmr,
                   StrCat("RTMR", i, " is ", claims.rtmr[i], ", which the policy does not name"));
  }
}

void CheckRules(const AttestationPolicy& policy, const QuoteClaims& claims, PolicyReasons reasons) {
  if (claims.tee == TeeKind::kSgx) {
    reasons.Unless(policy.sgx.has_value(), EvidenceFault::kNoRule,
                   "the policy has no rule for SGX");
    if (policy.sgx) CheckSgxRule(*policy.sgx, claims, reasons);
  } else if (claims.tee == TeeKind::kTdx) {
    reasons.Unless(policy.tdx.has_value(), EvidenceFault::kNoRule,
                   "the policy has no rule for TDX");
    if (policy.tdx) CheckTdxRule(*policy.tdx, claims, reasons);
  }
}

void CheckTcb(const AttestationPolicy& policy, const Verdict& verdict, PolicyReasons reasons) {
  if (const auto status = verdict.tcb_status; status && status != TcbStatus::kRevoked) {
    reasons.Unless(Contains(policy.tcb_status, *status), EvidenceFault::kTcbStatus,
                   StrCat("the platform is in state ", TcbStatusName(*status),
                          ", which the policy does not accept"));
  }
  for (const std::string& advisory : verdict.advisories) {
    reasons.Unless(Contains(policy.allowed_advisories, advisory), EvidenceFault::kAdvisory,
                   StrCat(TerminalText(advisory).substr(0, 100),
                          " concerns the platform, and the policy does not allow it"));
  }
  if (const auto number = verdict.tcb_evaluation_data_number) {
    const uint32_t minimum = policy.minimum_tcb_evaluation_data_number;
    reasons.Unless(*number >= minimum, EvidenceFault::kEvaluationNumber,
                   StrCat("the TCB evaluation data number is ", *number, ", below ", minimum));
  }
}

}  // namespace

void CheckPolicy(const AttestationPolicy& policy, const std::optional<std::string>& report_data,
                 const Verdict& verdict, Reasons& reasons) {
  PolicyReasons policy_reasons(reasons);
  CheckRules(policy, verdict.claims, policy_reasons);
  CheckTcb(policy, verdict, policy_reasons);
  if (report_data.has_value() && verdict.claims.tee.has_value()) {
    policy_reasons.Unless(
        absl::BytesToHexString(*report_data) == verdict.claims.report_data,
        EvidenceFault::kReportData,
        StrCat("report data are ", verdict.claims.report_data, ", not those expected"));
  }
}

std::vector<Reason> CheckKeyset(const AttestationPolicy& policy, const KeysetClaims& keyset,
                                std::chrono::sys_seconds at) {
  Reasons reasons;
  PolicyReasons policy_reasons(reasons);
  const std::string end = FormatDate(keyset.not_after);
  policy_reasons.Unless(at <= keyset.not_after, EvidenceFault::kKeysetAge,
                        StrCat("the keyset was valid until ", end));
  policy_reasons.Unless(
      !policy.maximum_keyset_age || keyset.not_after - at <= *policy.maximum_keyset_age,
      EvidenceFault::kKeysetAge,
      StrCat("the keyset is valid until ", end, ", longer than the policy's ",
             policy.maximum_keyset_age.value_or(std::chrono::seconds(0)).count(), " seconds"));
  policy_reasons.Unless(
      policy.keyset_digest.empty() || Contains(policy.keyset_digest, keyset.digest),
      EvidenceFault::kKeysetDigest,
      StrCat("the keyset is ", keyset.digest, ", which the policy does not name"));
  const bool named = keyset.subject.has_value() && Contains(policy.keyset_subject, *keyset.subject);
  policy_reasons.Unless(
      policy.keyset_subject.empty() || named, EvidenceFault::kKeysetSubject,
      keyset.subject.has_value()
          ? StrCat("the keyset's subject is \"", TerminalText(*keyset.subject).substr(0, 100),
                   "\", which the policy does not name")
          : "the keyset has no subject, and the policy asks for one");
  return reasons.Take();
}

}  // namespace sotto
