// Attestation: whether a quote proves that known code runs in Intel SGX or in an Intel TDX guest.
// DCAP quotes of versions 3 (SGX), 4 and 5 (SGX, TDX 1.0 and 1.5), by the rules of Intel's "SGX
// PCK Certificate and CRL Profile" and "SGX/TDX DCAP Quoting Library API", against collateral that
// the caller has fetched. docs/attestation.md describes files, checks and reasons.
//
// All of it works on public data, in time that depends on it. Thread-safe: nothing is shared.
#ifndef SOTTO_ATTESTATION_H_
#define SOTTO_ATTESTATION_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sotto {

enum class TeeKind { kSgx, kTdx };

// Of a platform, as Intel's TCB info and QE identity give it, from best to worst.
enum class TcbStatus {
  kUpToDate,
  kSwHardeningNeeded,
  kConfigurationNeeded,
  kConfigurationAndSwHardeningNeeded,
  kOutOfDate,
  kOutOfDateConfigurationNeeded,
  kRevoked,
};

// What is wrong (EvidenceFault) with what (EvidencePart). "tcb_info.expired" is ReasonId() of
// {kTcbInfo, kExpired}; detail says it in words, for people: names, dates and numbers of the
// evidence, cut and cleaned, fit for a terminal.
enum class EvidencePart {
  kQuote,
  kQeReport,
  kPckChain,
  kPckCrl,
  kPckCrlIssuerChain,
  kRootCrl,
  kCollateral,
  kTcbInfo,
  kTcbInfoChain,
  kQeIdentity,
  kQeIdentityChain,
  kTcb,
  kTdxModule,
  kPolicy,
  kReport,  // The attestation report (ACI) that a quote stands in.
};
enum class EvidenceFault {
  // Of everything that is parsed, signed or dated.
  kMalformed,
  kUnsupported,
  kSignature,
  kUntrusted,
  kName,
  kExpired,
  kNotYetValid,
  kRevoked,
  kMismatch,
  // Of code and platforms.
  kDebug,
  kAttributes,
  kNoLevel,
  // Of the policy: what it asks for and the quote does not have.
  kNoRule,
  kTcbStatus,
  kAdvisory,
  kEvaluationNumber,
  kReportData,
  kMrenclave,
  kMrsigner,
  kProduct,
  kSvn,
  kMrtd,
  kRtmr,
  kKeysetAge,
  kKeysetDigest,
  kKeysetSubject,
};

struct Reason {
  EvidencePart part;
  EvidenceFault fault;
  std::string detail;
  bool operator==(const Reason&) const = default;
};

std::string_view TcbStatusName(TcbStatus status);  // "UpToDate", as Intel spells it.
std::string ReasonId(const Reason& reason);

// Measurements are lower-case hexadecimal digits: 64 of SGX, 96 of TDX.
struct SgxRule {
  std::vector<std::string> mrenclave = {};  // One of these; empty: whatever mrsigner's says.
  // All three, or none of them.
  std::optional<std::string> mrsigner = {};
  std::optional<uint16_t> product_id = {};
  std::optional<uint16_t> minimum_svn = {};
};
struct TdxRule {
  std::vector<std::string> mrtd = {};                 // One of these.
  std::array<std::vector<std::string>, 4> rtmr = {};  // One of these each; empty: any.
};

// What a data owner accepts. A quote of a kind without a rule is refused.
struct AttestationPolicy {
  std::optional<SgxRule> sgx = {};
  std::optional<TdxRule> tdx = {};
  // Never kRevoked.
  std::vector<TcbStatus> tcb_status = {TcbStatus::kUpToDate};
  // Intel's advisories ("INTEL-SA-00615") that may concern the platform; any other refuses it.
  std::vector<std::string> allowed_advisories = {};
  // Of TCB info and QE identity: whoever hands out collateral could choose older ones.
  uint32_t minimum_tcb_evaluation_data_number = 0;
  // Of what a report binds beside the quote (CheckKeyset); a quote alone has no keyset, and
  // VerifyQuote() looks at none of these.
  std::optional<std::chrono::seconds> maximum_keyset_age = {};
  std::vector<std::string> keyset_digest = {};   // "sha256:HEX", one of these; empty: any.
  std::vector<std::string> keyset_subject = {};  // The same.
};

// Of a policy file. INVALID_ARGUMENT "SOURCE: line N: ...", for what it does not know, too: a
// misspelt rule must not be no rule.
absl::StatusOr<AttestationPolicy> ParseAttestationPolicy(std::string_view toml,
                                                         const std::string& source);

// What a report says of its keyset.
struct KeysetClaims {
  std::string digest = {};                  // "sha256:" and 64 lower-case digits.
  std::optional<std::string> subject = {};  // What the service calls itself, if anything.
  std::chrono::sys_seconds not_after = {};  // The last second that it is valid in.
};

// Every reason for which the policy refuses a keyset: policy.keyset_age for one that has ended (it
// is valid through not_after, as a certificate is: RFC 5280, section 4.1.2.5), or that ends later
// than the policy's maximum age from `at`, so that it could have been made any time ago;
// policy.keyset_digest and policy.keyset_subject for one that the policy does not name.
std::vector<Reason> CheckKeyset(const AttestationPolicy& policy, const KeysetClaims& keyset,
                                std::chrono::sys_seconds at);

struct VerifyQuoteOptions {
  // The time at which everything must be valid. There is no default: the caller's clock decides.
  std::chrono::sys_seconds at;
  // The quote's report data, 64 bytes, if it is known what they must be.
  std::optional<std::string> report_data = {};
  // FOR TESTS ONLY: PEM of the one root that stands in for Intel's. Whoever holds its key makes any
  // quote. Nothing on a command line or in a file sets it.
  std::optional<std::string> insecure_test_root = {};
};

// A part of the collateral, or a certificate, and when it ends.
struct Expiry {
  std::string what;
  std::chrono::sys_seconds at;
};

// What the quote says. Empty strings where it was not understood; true of the platform only if
// the quote was accepted. Hexadecimal.
struct QuoteClaims {
  std::optional<TeeKind> tee = {};
  int version = 0;
  std::string report_data = {};
  std::string mrenclave = {}, mrsigner = {};  // SGX.
  uint16_t product_id = 0, svn = 0;
  std::string mrtd = {};  // TDX.
  std::array<std::string, 4> rtmr = {};
  std::string fmspc = {};  // Of the platform: what collateral is fetched by.
};

struct Verdict {
  // Every reason for which the quote is refused, each once; none: it is accepted.
  std::vector<Reason> reasons = {};
  QuoteClaims claims = {};
  bool report_data_compared = false;  // Somebody said what they must be.
  // The platform's and the quoting enclave's, as one; none if no level fits.
  std::optional<TcbStatus> tcb_status = {};
  std::vector<std::string> advisories = {};
  // The lower of TCB info's and QE identity's.
  std::optional<uint32_t> tcb_evaluation_data_number = {};
  std::vector<Expiry> expiries = {};  // Earliest first.
  std::chrono::sys_seconds at = {};

  bool accepted() const { return reasons.empty(); }
  // Whether the quote holds by itself: every reason, if any, is the policy's.
  bool genuine() const;
};

// `quote`: its bytes, behind which there may be zeros. `collateral`: the text of a collateral file.
// Neither is trusted, whatever it holds, and every refusal is a reason, not an error.
Verdict VerifyQuote(std::string_view quote, std::string_view collateral,
                    const AttestationPolicy& policy, const VerifyQuoteOptions& options);

// Of an attestation report (`sotto attest`, a service's answer, what lies beside a receipt): the
// quote in it, which must bind the report's keyset and `nonce`, 64 lower-case hexadecimal digits
// that the caller chose; and the keyset (CheckKeyset). `options.report_data` is not looked at.
// Reasons of the report itself are "report.malformed" and "report.mismatch".
Verdict VerifyReport(std::string_view report, const std::string& nonce, std::string_view collateral,
                     const AttestationPolicy& policy, const VerifyQuoteOptions& options);

// The verdict in words, many lines, and as one JSON object. Both name expiries within
// `warn_within` of the verdict's time.
struct VerdictFormat {
  std::chrono::seconds warn_within = std::chrono::days(7);
};
std::string FormatVerdict(const Verdict& verdict, const VerdictFormat& format = {});
std::string VerdictToJson(const Verdict& verdict, const VerdictFormat& format = {});

}  // namespace sotto

#endif  // SOTTO_ATTESTATION_H_
