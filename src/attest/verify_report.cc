#include <utility>

#include "attest/aci_report.h"
#include "attest/reasons.h"
#include "base/strings.h"
#include "base/terminal_text.h"

namespace sotto {
namespace {

void AddMismatch(std::string_view detail, Verdict& verdict) {
  verdict.reasons.push_back(
      {EvidencePart::kReport, EvidenceFault::kMismatch, TerminalText(detail)});
}

Verdict RefusedReport(const absl::Status& status, std::chrono::sys_seconds at) {
  Verdict verdict{.at = at};
  const bool mismatch = absl::IsPermissionDenied(status);
  verdict.reasons.push_back({EvidencePart::kReport,
                             mismatch ? EvidenceFault::kMismatch : EvidenceFault::kMalformed,
                             TerminalText(ToStd(status.message()))});
  return verdict;
}

}  // namespace

Verdict VerifyReport(std::string_view report, const std::string& nonce, std::string_view collateral,
                     const AttestationPolicy& policy, const VerifyQuoteOptions& options) {
  const absl::StatusOr<AciReport> parsed = ParseAciReport(report, nonce);
  if (!parsed.ok()) return RefusedReport(parsed.status(), options.at);
  VerifyQuoteOptions of_quote = options;
  of_quote.report_data = ReportDataSlot(parsed->report_data);
  Verdict verdict = VerifyQuote(parsed->quote, collateral, policy, of_quote);
  if (verdict.claims.tee.has_value() && *verdict.claims.tee != parsed->tee) {
    AddMismatch("the report names another kind of TEE than its quote", verdict);
  }
  if (!parsed->direct) {
    AddMismatch("the service passes prompts on to others, of which its quote says nothing",
                verdict);
  }
  for (Reason& reason : CheckKeyset(policy, parsed->keyset.Claims(), options.at)) {
    verdict.reasons.push_back(std::move(reason));
  }
  return verdict;
}

}  // namespace sotto
