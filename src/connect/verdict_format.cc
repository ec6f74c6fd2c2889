// Verdicts on services, and what followed from them, for people and for programs.
#include <nlohmann/json.hpp>

#include "attest/dates.h"
#include "base/strings.h"
#include "base/terminal_text.h"
#include "connect/provisioner.h"
#include "connect/service_verdict.h"

namespace sotto {
namespace {

using ServiceJson = nlohmann::ordered_json;

// The quote's text without its first line and its reasons, which are the service's here.
std::string ClaimLines(const Verdict& quote, const VerdictFormat& format) {
  Verdict claims = quote;
  claims.reasons.clear();
  const std::string text = FormatVerdict(claims, format);
  return text.substr(text.find('\n') + 1);
}

std::string KindOfQuote(const ServiceVerdict& verdict) {
  if (!verdict.quote.has_value() || !verdict.quote->claims.tee.has_value()) {
    return "no quote that can be read";
  }
  const QuoteClaims& claims = verdict.quote->claims;
  return StrCat(*claims.tee == TeeKind::kSgx ? "SGX" : "TDX", " quote of version ", claims.version);
}

// A keyset may end at any time at all, after the last year of four digits too.
constexpr int64_t kLastSecond = 253402300799;

std::string DateOf(int64_t seconds) {
  if (seconds > kLastSecond) return "the end of time";
  return FormatDate(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
}

ServiceJson JsonOf(const ServiceVerdict& verdict, const VerdictFormat& format) {
  ServiceJson json = verdict.quote.has_value()
                         ? ServiceJson::parse(VerdictToJson(*verdict.quote, format))
                         : ServiceJson({{"accepted", false}, {"at", FormatDate(verdict.at)}});
  json["accepted"] = verdict.accepted();
  json["reasons"] = ServiceJson::array();
  for (const ServiceReason& reason : verdict.reasons) {
    json["reasons"].push_back({{"id", reason.id}, {"detail", reason.detail}});
  }
  json["workload_keyset_digest"] = nullptr;
  if (verdict.keyset != nullptr) {
    json["workload_keyset_digest"] = verdict.keyset->digest();
    json["keyset_not_after"] = DateOf(verdict.keyset->not_after());
  }
  json["tls_spki_sha256"] = verdict.tls_spki_sha256;
  return json;
}

std::string Dump(const ServiceJson& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/true, ServiceJson::error_handler_t::replace);
}

}  // namespace

std::string FormatServiceVerdict(const ServiceVerdict& verdict, const VerdictFormat& format) {
  std::string text = StrCat(verdict.accepted() ? "accepted: " : "refused: ", KindOfQuote(verdict),
                            ", at ", FormatDate(verdict.at), "\n");
  for (const ServiceReason& reason : verdict.reasons) {
    text += StrCat("  reason       ", reason.id, ": ", reason.detail, "\n");
  }
  if (verdict.keyset != nullptr) {
    text += StrCat("  keyset       ", verdict.keyset->digest(), ", until ",
                   DateOf(verdict.keyset->not_after()), "\n");
  }
  if (!verdict.tls_spki_sha256.empty()) {
    text += StrCat("  TLS key      ", verdict.tls_spki_sha256, "\n");
  }
  if (verdict.quote.has_value()) text += ClaimLines(*verdict.quote, format);
  return text;
}

std::string ServiceVerdictToJson(const ServiceVerdict& verdict, const VerdictFormat& format) {
  return Dump(JsonOf(verdict, format));
}

std::string ProvisioningToJson(const ProvisioningOutcome& outcome, const ProvisionedKeys& keys,
                               const VerdictFormat& format) {
  ServiceJson json = JsonOf(outcome.verdict, format);
  json["provisioned"] = nullptr;
  if (outcome.verdict.accepted()) {
    json["provisioned"] = {{"model_key", !keys.model_key.empty()},
                           {"api_keys", keys.api_keys.size()},
                           {"tls_names", keys.tls_names},
                           {"workload_keyset_digest", outcome.keyset_digest},
                           {"tls_spki_sha256", outcome.tls_spki_sha256}};
  }
  return Dump(json);
}

}  // namespace sotto
