#include "attest/reasons.h"

#include <algorithm>

#include "base/strings.h"

namespace sotto {

std::string_view PartName(EvidencePart part) {
  switch (part) {
    case EvidencePart::kQuote:
      return "quote";
    case EvidencePart::kQeReport:
      return "qe_report";
    case EvidencePart::kPckChain:
      return "pck_chain";
    case EvidencePart::kPckCrl:
      return "pck_crl";
    case EvidencePart::kPckCrlIssuerChain:
      return "pck_crl_issuer_chain";
    case EvidencePart::kRootCrl:
      return "root_ca_crl";
    case EvidencePart::kCollateral:
      return "collateral";
    case EvidencePart::kTcbInfo:
      return "tcb_info";
    case EvidencePart::kTcbInfoChain:
      return "tcb_info_issuer_chain";
    case EvidencePart::kQeIdentity:
      return "qe_identity";
    case EvidencePart::kQeIdentityChain:
      return "qe_identity_issuer_chain";
    case EvidencePart::kTcb:
      return "tcb";
    case EvidencePart::kTdxModule:
      return "tdx_module";
    case EvidencePart::kPolicy:
      return "policy";
    case EvidencePart::kReport:
      return "report";
  }
  return "unknown";
}

std::string_view FaultName(EvidenceFault fault) {
  switch (fault) {
    case EvidenceFault::kMalformed:
      return "malformed";
    case EvidenceFault::kUnsupported:
      return "unsupported";
    case EvidenceFault::kSignature:
      return "signature";
    case EvidenceFault::kUntrusted:
      return "untrusted";
    case EvidenceFault::kName:
      return "name";
    case EvidenceFault::kExpired:
      return "expired";
    case EvidenceFault::kNotYetValid:
      return "not_yet_valid";
    case EvidenceFault::kRevoked:
      return "revoked";
    case EvidenceFault::kMismatch:
      return "mismatch";
    case EvidenceFault::kDebug:
      return "debug";
    case EvidenceFault::kAttributes:
      return "attributes";
    case EvidenceFault::kNoLevel:
      return "no_level";
    case EvidenceFault::kNoRule:
      return "no_rule";
    case EvidenceFault::kTcbStatus:
      return "tcb_status";
    case EvidenceFault::kAdvisory:
      return "advisory";
    case EvidenceFault::kEvaluationNumber:
      return "evaluation_number";
    case EvidenceFault::kReportData:
      return "report_data";
    case EvidenceFault::kMrenclave:
      return "mrenclave";
    case EvidenceFault::kMrsigner:
      return "mrsigner";
    case EvidenceFault::kProduct:
      return "product";
    case EvidenceFault::kSvn:
      return "svn";
    case EvidenceFault::kMrtd:
      return "mrtd";
    case EvidenceFault::kRtmr:
      return "rtmr";
    case EvidenceFault::kKeysetAge:
      return "keyset_age";
    case EvidenceFault::kKeysetDigest:
      return "keyset_digest";
    case EvidenceFault::kKeysetSubject:
      return "keyset_subject";
  }
  return "unknown";
}

std::string ReasonId(const Reason& reason) {
  return StrCat(PartName(reason.part), ".", FaultName(reason.fault));
}

bool Verdict::genuine() const {
  return std::all_of(reasons.begin(), reasons.end(),
                     [](const Reason& r) { return r.part == EvidencePart::kPolicy; });
}

void Reasons::Add(EvidencePart part, EvidenceFault fault, std::string_view detail) {
  Reason reason{part, fault, std::string(detail)};
  if (std::find(list_.begin(), list_.end(), reason) == list_.end()) {
    list_.push_back(std::move(reason));
  }
}

void Reasons::Add(EvidencePart part, const absl::Status& status) {
  if (status.ok()) return;
  const bool unsupported = status.code() == absl::StatusCode::kUnimplemented;
  Add(part, unsupported ? EvidenceFault::kUnsupported : EvidenceFault::kMalformed,
      ToStd(status.message()));
}

bool Reasons::Has(EvidencePart part) const {
  return std::any_of(list_.begin(), list_.end(), [&](const Reason& r) { return r.part == part; });
}

void Reasons::Repeat(EvidencePart part, EvidencePart other) {
  const std::vector<Reason> before = list_;
  for (const Reason& reason : before) {
    if (reason.part == part) Add(other, reason.fault, reason.detail);
  }
}

}  // namespace sotto
