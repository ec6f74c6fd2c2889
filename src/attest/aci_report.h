// The attestation report of ACI (Attested Confidential Inference, draft aci/1, section 4): a
// service's keyset, and the quote that vouches for it. docs/attestation.md describes it.
#ifndef SOTTO_ATTEST_ACI_REPORT_H_
#define SOTTO_ATTEST_ACI_REPORT_H_

#include <optional>
#include <string>
#include <string_view>

#include "attest/keyset.h"
#include "base/status.h"
#include "sotto/attestation.h"

namespace sotto {

inline constexpr std::string_view kAciVersion = "aci/1";
// Of the text of a report that anybody needs.
inline constexpr size_t kMaxAciReportBytes = size_t{1} << 20;

// Where the program's source is, by the service's own account: no quote covers it. What it names
// can be built and its measurement compared with the quote's.
struct SourceProvenance {
  std::optional<std::string> repo_url = {}, repo_commit = {}, image_digest = {};
};

struct AciReport {
  TeeKind tee;  // "tdx", as ACI has it, or "sgx", our extension: a DCAP quote of an enclave.
  WorkloadKeyset keyset;
  std::string report_data;  // AttestedReportData(), 32 bytes.
  SourceProvenance provenance = {};
  std::string quote;    // Its bytes.
  bool direct = false;  // The attested workload itself computes, and passes prompts to nobody.
};

// The report of a service that computes itself. `nonce`: as IsAttestationNonce(), or none.
AciReport MakeAciReport(TeeKind tee, const WorkloadKeyset& keyset,
                        const std::optional<std::string>& nonce, SourceProvenance provenance,
                        std::string quote);

// One JSON object.
std::string AciReportToJson(const AciReport& report);

// Reads what a service sent in answer to `nonce`, and checks what can be checked without the quote.
// INVALID_ARGUMENT naming the member for what is no report; PERMISSION_DENIED for one whose digest
// is not its keyset's, or whose report data are not those of this keyset and nonce. Members that
// nobody here needs are passed over, as ACI asks. What the caller still has to do:
//  - VerifyQuote(report.quote, ...) with report_data = ReportDataSlot(report.report_data), and see
//    that the quote's kind (QuoteClaims::tee) is report.tee;
//  - CheckKeyset(keyset.Claims());
//  - talk to a server whose key is among keyset.tls_public_keys(), over a channel that
//    CheckChannelProof() (channel_proof.h) accepts.
absl::StatusOr<AciReport> ParseAciReport(std::string_view text,
                                         const std::optional<std::string>& nonce);

}  // namespace sotto

#endif  // SOTTO_ATTEST_ACI_REPORT_H_
