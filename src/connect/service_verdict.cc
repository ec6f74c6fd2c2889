#include "connect/service_verdict.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "attest/aci_report.h"
#include "attest/channel_proof.h"
#include "base/strings.h"
#include "base/terminal_text.h"

namespace sotto {
namespace {

void AddReason(ServiceVerdict& verdict, std::string_view id, std::string_view detail) {
  verdict.reasons.push_back({std::string(id), TerminalText(detail)});
}

void AddReasons(ServiceVerdict& verdict, const std::vector<Reason>& reasons) {
  for (const Reason& reason : reasons) AddReason(verdict, ReasonId(reason), reason.detail);
}

std::chrono::sys_seconds EndOf(const WorkloadKeyset& keyset) {
  return std::chrono::sys_seconds(std::chrono::seconds(keyset.not_after()));
}

void JudgeQuote(const AciReport& report, std::string_view collateral, const ConnectOptions& options,
                ServiceVerdict& verdict) {
  verdict.quote = VerifyQuote(report.quote, collateral, options.policy,
                              {.at = options.insecure_test_quote_time.value_or(verdict.at),
                               .report_data = ReportDataSlot(report.report_data),
                               .insecure_test_root = options.insecure_test_root});
  AddReasons(verdict, verdict.quote->reasons);
  const std::optional<TeeKind>& tee = verdict.quote->claims.tee;
  if (tee.has_value() && *tee != report.tee) {
    AddReason(verdict, "report.tee", "the report names another kind of TEE than its quote");
  }
}

}  // namespace

absl::Status ServiceVerdict::ToStatus() const {
  if (accepted()) return absl::OkStatus();
  std::string message = "the service is refused: ";
  for (const ServiceReason& reason : reasons) {
    message += StrCat(&reason == reasons.data() ? "" : "; ", reason.id, " (", reason.detail, ")");
  }
  return absl::PermissionDeniedError(message);
}

absl::Status CheckTlsKey(const WorkloadKeyset& keyset, const ServiceConnectionFacts& connection) {
  const TlsPublicKey* found = nullptr;
  for (const TlsPublicKey& key : keyset.tls_public_keys()) {
    if (key.spki_sha256 != connection.tls_spki_sha256) continue;
    if (!key.domain.has_value() || absl::EqualsIgnoreCase(*key.domain, connection.host)) {
      return absl::OkStatus();
    }
    found = &key;
  }
  return absl::PermissionDeniedError(
      found == nullptr
          ? StrCat("the server's key ", connection.tls_spki_sha256, " is not in the keyset")
          : StrCat("the server's key is for ", *found->domain, ", not ", connection.host));
}

ServiceVerdict JudgeReport(std::string_view report, const std::string& nonce,
                           const ServiceConnectionFacts& connection, std::string_view collateral,
                           const ConnectOptions& options) {
  ServiceVerdict verdict{.report = std::string(report),
                         .nonce = nonce,
                         .tls_spki_sha256 = connection.tls_spki_sha256,
                         .at = options.Now()};
  const absl::StatusOr<AciReport> parsed = ParseAciReport(report, nonce);
  if (!parsed.ok()) {
    const bool mismatch = absl::IsPermissionDenied(parsed.status());
    AddReason(verdict, mismatch ? "report.mismatch" : "report.malformed",
              ToStd(parsed.status().message()));
    return verdict;
  }
  verdict.keyset = std::make_shared<const WorkloadKeyset>(parsed->keyset);
  JudgeQuote(*parsed, collateral, options, verdict);
  if (!parsed->direct) {
    AddReason(verdict, "report.aggregator",
              "the service passes prompts on to others, of which its quote says nothing");
  }
  AddReasons(verdict, CheckKeyset(options.policy, parsed->keyset.Claims(), verdict.at));
  const absl::Status key = CheckTlsKey(parsed->keyset, connection);
  if (!key.ok()) AddReason(verdict, "tls.key", ToStd(key.message()));
  return verdict;
}

void JudgeChannel(std::string_view proof, std::string_view exporter, ServiceVerdict& verdict) {
  const absl::StatusOr<ChannelProof> parsed = ParseChannelProof(proof);
  if (!parsed.ok()) {
    return AddReason(verdict, "channel.malformed", ToStd(parsed.status().message()));
  }
  const absl::Status fits = CheckChannelProof(*parsed, *verdict.keyset, exporter);
  if (!fits.ok()) AddReason(verdict, "channel.mismatch", ToStd(fits.message()));
}

bool HasEnded(const WorkloadKeyset& keyset, std::chrono::sys_seconds now) {
  return now > EndOf(keyset);
}

std::chrono::sys_seconds HoldsUntil(const ServiceVerdict& verdict, const ConnectOptions& options) {
  std::chrono::sys_seconds end =
      std::min(EndOf(*verdict.keyset), verdict.at + options.maximum_report_age);
  for (const Expiry& expiry : verdict.quote->expiries) end = std::min(end, expiry.at);
  return end;
}

}  // namespace sotto
