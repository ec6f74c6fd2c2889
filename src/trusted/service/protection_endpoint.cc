// What protects prompts, by the server's own account: no evidence, which only a quote is.
#include "trusted/service/endpoints.h"
#include "trusted/service/response_json.h"

namespace sotto {
namespace {

ResponseJson HostJson(const ProtectionReport& report) {
  return {{"hidden", report.hidden_from_host}, {"reason", SecretString(report.host_reason)}};
}

ResponseJson AcceleratorsJson(const ProtectionReport& report) {
  if (!report.accelerators.has_value()) return nullptr;
  return {{"count", report.accelerators->count},
          {"hidden", report.accelerators->hidden},
          {"reason", SecretString(report.accelerators->reason)}};
}

ResponseJson PrecisionJson(const ProtectionReport& report) {
  ResponseJson json{{"linear", SecretString(report.precision)},
                    {"linear_reason", SecretString(report.precision_reason)},
                    {"attention", SecretString(report.attention_precision)}};
  if (report.fixed_weight_bits.has_value()) json["fixed_weights"] = *report.fixed_weight_bits;
  return json;
}

ResponseJson AttestationJson(const ServiceOptions& options, const ServiceIdentity* identity) {
  if (identity == nullptr) return nullptr;
  return {{"tee", options.attester->tee() == TeeKind::kSgx ? "sgx" : "tdx"},
          {"keyset_digest", SecretString(identity->keyset().digest())},
          {"insecure_test", options.protection.test_attester}};
}

}  // namespace

void AnswerProtection(const ServiceContext& context, const HttpRequest& request,
                      const HttpReply& reply) {
  const ServiceOptions& options = context.options;
  ResponseJson answer;
  answer["object"] = "protection";
  answer["version"] = SOTTO_VERSION;
  answer["model"] = SecretString(options.model_name);
  answer["tls"] = options.http.terms.tls.has_value();
  answer["host"] = HostJson(options.protection);
  answer["accelerators"] = AcceleratorsJson(options.protection);
  answer["precision"] = PrecisionJson(options.protection);
  answer["attestation"] = AttestationJson(options, request.identity.get());
  answer["prefixes_shared"] = options.scheduler.share_prefixes;
  reply(JsonResponse(answer));
}

}  // namespace sotto
