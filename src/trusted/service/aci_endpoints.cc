// What a client asks before it trusts the service with anything, its API key included: so these
// need none. Reports and proofs are public; how many quotes are made is bounded.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "attest/channel_proof.h"
#include "attest/keyset.h"
#include "base/strings.h"
#include "trusted/identity/service_identity.h"
#include "trusted/service/aci_answers.h"
#include "trusted/service/endpoints.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

constexpr std::string_view kNonceParameter = "nonce=";

HttpResponse NobodyAttests() {
  return HttpErrorResponse(404, "no TEE attests this server: see /v1/protection");
}

HttpResponse JsonText(std::string_view text) {
  HttpResponse response;
  response.body = SecretString(text);
  return response;
}

// Of "nonce=HEX", once, among other parameters, which are left to others as ACI leaves them.
absl::StatusOr<std::optional<std::string>> NonceOf(std::string_view query) {
  std::optional<std::string> nonce;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    const bool named = parameter.starts_with(kNonceParameter) || parameter == "nonce";
    if (!named) continue;
    if (nonce.has_value()) return MemberError("nonce", "is given twice");
    nonce = parameter.substr(std::min(parameter.size(), kNonceParameter.size()));
    if (!IsAttestationNonce(*nonce)) {
      return MemberError("nonce", "must be 64 lower-case hexadecimal digits");
    }
  }
  return nonce;
}

}  // namespace

void AnswerReport(AttestationReports* reports, const HttpRequest& request, const HttpReply& reply) {
  if (reports == nullptr) return reply(NobodyAttests());
  const auto nonce = NonceOf(request.head.query);
  if (!nonce.ok()) return reply(ErrorResponse(nonce.status()));
  const std::shared_ptr<const WorkloadKeyset> keyset(request.identity, &request.identity->keyset());
  reports->Ask({keyset, *nonce}, AttestationReports::Time::clock::now(),
               [reply](const absl::StatusOr<AttestationReports::Report>& report) {
                 reply(report.ok() ? JsonText(**report) : ErrorResponse(report.status()));
               });
}

void AnswerProof(const HttpRequest& request, const HttpReply& reply) {
  if (request.identity == nullptr) return reply(NobodyAttests());
  if (request.exporter.empty()) {
    return reply(HttpErrorResponse(400, "only a TLS connection has a value to sign"));
  }
  const ServiceIdentity& identity = *request.identity;
  const auto proof = MakeChannelProof(request.exporter, identity.keyset(),
                                      identity.channel_key_id(), identity.channel_key());
  reply(proof.ok() ? JsonText(ChannelProofToJson(*proof)) : ErrorResponse(proof.status()));
}

HttpTerms TermsOf(std::optional<HttpTls> tls, std::shared_ptr<const ServiceIdentity> identity) {
  HttpTerms terms{.tls = std::move(tls)};
  if (identity == nullptr) return terms;
  // Clients that see another digest than they know ask for a report again.
  terms.headers = {{"X-ACI-Version", std::string(kAciVersion)},
                   {"X-ACI-Keyset-Digest", identity->keyset().digest()}};
  if (terms.tls.has_value()) terms.tls->exporter_label = kChannelExporterLabel;
  terms.identity = std::move(identity);
  return terms;
}

void AnswerAttestation(const ServiceContext& context, const HttpRequest& request,
                       const HttpReply& reply) {
  AnswerReport(context.reports, request, reply);
}

void AnswerChannel(const ServiceContext&, const HttpRequest& request, const HttpReply& reply) {
  AnswerProof(request, reply);
}

}  // namespace sotto
