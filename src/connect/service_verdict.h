// Whether a service is one that the data owner accepts: its report (ACI, draft aci/1) answers the
// owner's nonce, its quote is accepted by the policy, and the connection ends in what was quoted.
//
// Works on what a stranger sent; nothing secret. Thread-safe: nothing is shared.
#ifndef SOTTO_CONNECT_SERVICE_VERDICT_H_
#define SOTTO_CONNECT_SERVICE_VERDICT_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/keyset.h"
#include "base/status.h"
#include "connect/options.h"
#include "sotto/attestation.h"

namespace sotto {

// "report.malformed": ids are those of the quote's reasons (ReasonId) and
//   report.malformed   no report of aci/1
//   report.mismatch    its digest or report data are not those of its keyset and the nonce
//   report.tee         it names another kind of TEE than its quote
//   report.aggregator  the service passes prompts on, to others than the quote is about
//   tls.key            the connection's key is not in the keyset, or there for another name
//   channel.malformed  no proof that the connection ends in the attested program
//   channel.mismatch   a proof, but of another connection or keyset
struct ServiceReason {
  std::string id, detail;  // The detail is fit for a terminal.
};

struct ServiceVerdict {
  std::vector<ServiceReason> reasons = {};  // All; empty: accepted.
  std::optional<Verdict> quote = {};        // None where there was no report to read.
  std::shared_ptr<const WorkloadKeyset> keyset = {};
  std::string report = {}, nonce = {};  // As it came, and what it answers.
  std::string tls_spki_sha256 = {};     // Of the connection's certificate, 64 digits.
  std::chrono::sys_seconds at = {};

  bool accepted() const { return reasons.empty(); }
  // PERMISSION_DENIED naming all reasons in one line; OK if accepted.
  absl::Status ToStatus() const;
};

// What the connection shows of itself.
struct ServiceConnectionFacts {
  std::string host;             // As it was called.
  std::string tls_spki_sha256;  // 64 digits.
};

// `collateral`: the text of that file. REQUIRES: IsAttestationNonce(nonce).
ServiceVerdict JudgeReport(std::string_view report, const std::string& nonce,
                           const ServiceConnectionFacts& connection, std::string_view collateral,
                           const ConnectOptions& options);
// The answer to POST /v1/aci/channel, for the connection with this exporter. REQUIRES: an accepted
// verdict.
void JudgeChannel(std::string_view proof, std::string_view exporter, ServiceVerdict& verdict);

// Whether it is past the keyset's last second.
bool HasEnded(const WorkloadKeyset& keyset, std::chrono::sys_seconds now);

// Until when an accepted verdict holds: its keyset and the collateral have not ended, and the
// report is not too old.
std::chrono::sys_seconds HoldsUntil(const ServiceVerdict& verdict, const ConnectOptions& options);

// Whether the keyset has this key, for this host. The first ten digits of others are named.
absl::Status CheckTlsKey(const WorkloadKeyset& keyset, const ServiceConnectionFacts& connection);

// In words, and as one JSON object: what FormatVerdict() and VerdictToJson() say of the quote, with
// these reasons, and the keyset's lines.
std::string FormatServiceVerdict(const ServiceVerdict& verdict, const VerdictFormat& format);
std::string ServiceVerdictToJson(const ServiceVerdict& verdict, const VerdictFormat& format);

}  // namespace sotto

#endif  // SOTTO_CONNECT_SERVICE_VERDICT_H_
