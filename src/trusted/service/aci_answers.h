// What ACI (draft aci/1) has anybody ask a service about itself, before it is trusted with
// anything: the same whether it serves or waits for its keys.
#ifndef SOTTO_TRUSTED_SERVICE_ACI_ANSWERS_H_
#define SOTTO_TRUSTED_SERVICE_ACI_ANSWERS_H_

#include <memory>
#include <optional>
#include <string_view>

#include "trusted/identity/service_identity.h"
#include "trusted/service/attestation_reports.h"
#include "trusted/service/http_server.h"

namespace sotto {

inline constexpr std::string_view kAttestationPath = "/v1/aci/attestation";
inline constexpr std::string_view kChannelPath = "/v1/aci/channel";
inline constexpr std::string_view kProvisionPath = "/v1/aci/provision";
// What is answered there, 409, by a service that is provisioned.
inline constexpr std::string_view kKeysAreThere =
    "the service has its keys, and takes them only once: start it anew to give it others";

// The report on the connection's keyset. `reports`: null where no TEE attests.
void AnswerReport(AttestationReports* reports, const HttpRequest& request, const HttpReply& reply);
// The proof that the connection ends here.
void AnswerProof(const HttpRequest& request, const HttpReply& reply);

// Of a server that has this identity, or none (null): every answer names the keyset, and
// connections have the value that proofs sign.
HttpTerms TermsOf(std::optional<HttpTls> tls, std::shared_ptr<const ServiceIdentity> identity);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_ACI_ANSWERS_H_
