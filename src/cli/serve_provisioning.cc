#include "cli/serve_provisioning.h"

#include <pthread.h>

#include <string>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "protocol/endpoint.h"
#include "trusted/service/service_error.h"
#include "trusted/tee/source_provenance.h"

namespace sotto {
namespace {

constexpr std::string_view kKeyField = "key_file", kKeyMember = "model_key";

// Model::Open()'s error as the document's sender is to read it.
absl::Status InDocumentTerms(const absl::Status& status, bool has_key) {
  std::string message(ToStd(status.message()));
  if (message.starts_with(kKeyField)) message.replace(0, kKeyField.size(), kKeyMember);
  const bool named = message.starts_with(kKeyMember);
  const absl::Status refusal =
      absl::FailedPreconditionError(named ? message : StrCat("the model does not open: ", message));
  return has_key || named ? WithMember(refusal, kKeyMember) : refusal;
}

absl::StatusOr<Model> OpenWithKey(const SecretBuffer& key, const OpenServedModel& open,
                                  ServeJob& job) {
  job.model.key = key.span();
  absl::StatusOr<Model> model = open(job);
  job.model.key = {};
  if (model.ok()) return model;
  return InDocumentTerms(model.status(), key.size() > 0);
}

// With these names, if there are any; otherwise the identity is what it was.
absl::Status TakeNames(const ProvisionDocument& document, const ServedIdentity& served,
                       IdentityJob& job, ServiceRenewal& identity) {
  if (document.tls_names.empty()) return absl::OkStatus();
  job.tls_names = document.tls_names;
  absl::StatusOr<ServiceRenewal> made = MakeIdentity(job, served.place);
  if (!made.ok()) return absl::UnavailableError(made.status().message());
  identity = *std::move(made);
  return absl::OkStatus();
}

void WarnOfKeys(const ServeJob& job) {
  if (job.service.keys.required()) return;
  Log(LogLevel::kWarning, "the owner has given no API keys, so that everybody may call");
}

// Whether the document is the one.
absl::StatusOr<std::optional<Model>> Judge(ProvisioningService& waiting, ProvisionDocument document,
                                           const OpenServedModel& open, ServeJob& job,
                                           ServedIdentity& served, ServiceRenewal identity) {
  SOTTO_ASSIGN_OR_RETURN(Model model, OpenWithKey(document.model_key, open, job));
  IdentityJob identity_job = served.job;
  SOTTO_RETURN_IF_ERROR(TakeNames(document, served, identity_job, identity));
  if (!waiting.Accept(*identity.identity)) {
    Log(LogLevel::kWarning, "whoever sent a document did not wait for the answer: it is forgotten");
    return std::optional<Model>();
  }
  served.job = std::move(identity_job);
  served.identity = identity.identity;
  job.service.identity = identity.identity;
  job.service.http.terms.tls = std::move(identity.tls);
  job.service.keys = std::move(document.api_keys);
  job.service.provisioned = true;
  WarnOfKeys(job);
  return std::optional<Model>(std::move(model));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProvisioningService>> StartWaiting(const ServeJob& job) {
  ProvisioningOptions options{.http = job.service.http,
                              .identity = job.service.identity,
                              .attester = job.service.attester,
                              .reports = job.service.reports,
                              .provisioner_key = job.provisioner_key};
  options.reports.provenance = BuiltFrom();
  options.offered = [waiter = pthread_self()] { pthread_kill(waiter, kWakeSignal); };
  return ProvisioningService::Start(std::move(options));
}

absl::StatusOr<std::optional<Model>> AwaitModel(ProvisioningService& waiting,
                                                const OpenServedModel& open, ServeJob& job,
                                                ServedIdentity& served) {
  ServiceRenewal identity{.tls = job.service.http.terms.tls, .identity = served.identity};
  const RenewService renew = [&](const ServiceRenewal& renewal) {
    SOTTO_RETURN_IF_ERROR(waiting.Renew(renewal));
    identity = renewal;
    return absl::OkStatus();
  };
  while (RenewUntilSignal(renew, served) == kWakeSignal) {
    std::optional<ProvisionDocument> document = waiting.Take();
    if (!document.has_value()) continue;
    absl::StatusOr<std::optional<Model>> judged =
        Judge(waiting, *std::move(document), open, job, served, identity);
    if (judged.ok() && judged->has_value()) return judged;
    if (judged.ok()) continue;
    Log(LogLevel::kWarning, StrCat("a document is refused: ", ToStd(judged.status().message())));
    waiting.Refuse(judged.status());
  }
  return std::optional<Model>();
}

}  // namespace sotto
