#include "attest/aci_report.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "attest/hex.h"
#include "attest/json_object.h"
#include "base/strings.h"

namespace sotto {
namespace {

using Json = nlohmann::json;

constexpr size_t kReportDataDigits = 64;

Json TextOrNull(const std::optional<std::string>& text) {
  return text.has_value() ? Json(*text) : Json();
}

absl::Status NotReportMember(std::string_view member, std::string_view what) {
  return absl::InvalidArgumentError(StrCat(member, " is not ", what));
}

absl::StatusOr<TeeKind> TeeOf(const JsonObject& attestation) {
  SOTTO_ASSIGN_OR_RETURN(const std::string type, attestation.Text("tee_type"));
  if (type == "sgx") return TeeKind::kSgx;
  if (type == "tdx") return TeeKind::kTdx;
  return NotReportMember("attestation.tee_type", "\"sgx\" or \"tdx\"");
}

absl::StatusOr<std::string> QuoteOf(const JsonObject& attestation) {
  SOTTO_ASSIGN_OR_RETURN(const JsonObject evidence, attestation.Object("evidence"));
  SOTTO_ASSIGN_OR_RETURN(const std::string digits, evidence.Text("quote"));
  if (digits.empty() || digits.size() % 2 != 0 || !IsLowerHex(digits)) {
    return NotReportMember("attestation.evidence.quote", "bytes in lower-case hexadecimal digits");
  }
  return absl::HexStringToBytes(digits);
}

absl::StatusOr<std::optional<std::string>> OptionalMember(const JsonObject& object,
                                                          const char* member) {
  if (!object.Has(member) || object.json()[member].is_null()) return std::nullopt;
  SOTTO_ASSIGN_OR_RETURN(std::string text, object.Text(member));
  return std::optional<std::string>(std::move(text));
}

// A service under development may have none.
absl::StatusOr<SourceProvenance> ProvenanceOf(const JsonObject& attestation) {
  SourceProvenance provenance;
  constexpr char kMember[] = "source_provenance";
  if (!attestation.Has(kMember) || attestation.json()[kMember].is_null()) return provenance;
  SOTTO_ASSIGN_OR_RETURN(const JsonObject object, attestation.Object(kMember));
  SOTTO_ASSIGN_OR_RETURN(provenance.repo_url, OptionalMember(object, "repo_url"));
  SOTTO_ASSIGN_OR_RETURN(provenance.repo_commit, OptionalMember(object, "repo_commit"));
  SOTTO_ASSIGN_OR_RETURN(provenance.image_digest, OptionalMember(object, "image_digest"));
  return provenance;
}

absl::StatusOr<WorkloadKeyset> KeysetOf(const JsonObject& attestation) {
  constexpr char kMember[] = "workload_keyset";
  if (!attestation.Has(kMember)) {
    return NotReportMember("attestation.workload_keyset", "an object");
  }
  absl::StatusOr<WorkloadKeyset> keyset = WorkloadKeyset::Parse(attestation.json()[kMember]);
  if (keyset.ok()) return keyset;
  return absl::InvalidArgumentError(
      StrCat("attestation.workload_keyset: ", ToStd(keyset.status().message())));
}

// Each value that the report has in two places, or that follows from others, is computed anew.
absl::Status CheckRestated(const AciReport& report, const std::string& stated_digest,
                           const std::optional<std::string>& nonce) {
  if (stated_digest != report.keyset.digest()) {
    return absl::PermissionDeniedError(
        "workload_keyset_digest is not that of attestation.workload_keyset");
  }
  if (report.report_data != AttestedReportData(report.keyset.digest(), nonce)) {
    return absl::PermissionDeniedError(
        "attestation.report_data is not that of this keyset and nonce: the report answers another "
        "question");
  }
  return absl::OkStatus();
}

}  // namespace

AciReport MakeAciReport(TeeKind tee, const WorkloadKeyset& keyset,
                        const std::optional<std::string>& nonce, SourceProvenance provenance,
                        std::string quote) {
  return {.tee = tee,
          .keyset = keyset,
          .report_data = AttestedReportData(keyset.digest(), nonce),
          .provenance = std::move(provenance),
          .quote = std::move(quote),
          .direct = true};
}

std::string AciReportToJson(const AciReport& report) {
  const Json provenance = {{"repo_url", TextOrNull(report.provenance.repo_url)},
                           {"repo_commit", TextOrNull(report.provenance.repo_commit)},
                           {"image_digest", TextOrNull(report.provenance.image_digest)},
                           {"image_provenance", nullptr}};
  const Json object = {{"api_version", kAciVersion},
                       {"workload_keyset_digest", report.keyset.digest()},
                       {"attestation",
                        {{"tee_type", report.tee == TeeKind::kTdx ? "tdx" : "sgx"},
                         {"workload_keyset", report.keyset.json()},
                         {"report_data", absl::BytesToHexString(report.report_data)},
                         {"source_provenance", provenance},
                         {"evidence", {{"quote", absl::BytesToHexString(report.quote)}}}}},
                       {"service_capabilities",
                        {{"supported_e2ee_versions", Json::array()},
                         {"serving", report.direct ? "direct" : "aggregator"}}}};
  return object.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

absl::StatusOr<AciReport> ParseAciReport(std::string_view text,
                                         const std::optional<std::string>& nonce) {
  if (text.size() > kMaxAciReportBytes) {
    return absl::InvalidArgumentError(
        StrCat("the report is longer than ", kMaxAciReportBytes, " bytes"));
  }
  SOTTO_ASSIGN_OR_RETURN(const JsonObject root, JsonObject::Parse(text));
  SOTTO_ASSIGN_OR_RETURN(const std::string version, root.Text("api_version"));
  if (version != kAciVersion) {
    return NotReportMember("api_version", StrCat("\"", kAciVersion, "\""));
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string digest, root.Text("workload_keyset_digest"));
  SOTTO_ASSIGN_OR_RETURN(const JsonObject attestation, root.Object("attestation"));
  SOTTO_ASSIGN_OR_RETURN(const TeeKind tee, TeeOf(attestation));
  SOTTO_ASSIGN_OR_RETURN(WorkloadKeyset keyset, KeysetOf(attestation));
  SOTTO_ASSIGN_OR_RETURN(const std::string report_data, attestation.Text("report_data"));
  if (!IsLowerHex(report_data, kReportDataDigits)) {
    return NotReportMember("attestation.report_data", "64 lower-case hexadecimal digits");
  }
  SOTTO_ASSIGN_OR_RETURN(SourceProvenance provenance, ProvenanceOf(attestation));
  SOTTO_ASSIGN_OR_RETURN(std::string quote, QuoteOf(attestation));
  SOTTO_ASSIGN_OR_RETURN(const JsonObject capabilities, root.Object("service_capabilities"));
  SOTTO_ASSIGN_OR_RETURN(const std::string serving, capabilities.Text("serving"));
  AciReport report{.tee = tee,
                   .keyset = std::move(keyset),
                   .report_data = absl::HexStringToBytes(report_data),
                   .provenance = std::move(provenance),
                   .quote = std::move(quote),
                   .direct = serving == "direct"};
  SOTTO_RETURN_IF_ERROR(CheckRestated(report, digest, nonce));
  return report;
}

}  // namespace sotto
