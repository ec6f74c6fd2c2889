// The scoring service: a model over HTTP, in the shapes that clients of OpenAI's, vLLM's and
// lm-evaluation-harness's know (docs/service.md). TRUSTED: holds prompts.
#ifndef SOTTO_TRUSTED_SERVICE_SERVICE_H_
#define SOTTO_TRUSTED_SERVICE_SERVICE_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/status.h"
#include "sotto/model.h"
#include "sotto/prefill.h"
#include "trusted/identity/service_identity.h"
#include "trusted/service/api_keys.h"
#include "trusted/service/attestation_reports.h"
#include "trusted/service/http_server.h"
#include "trusted/service/protection_report.h"
#include "trusted/service/receipt_store.h"
#include "trusted/service/request_limits.h"
#include "trusted/service/rerank_template.h"
#include "trusted/service/scheduler.h"
#include "trusted/tee/attester.h"

namespace sotto {

struct ServiceOptions {
  HttpServerOptions http = {};
  ApiKeys keys = {};
  std::string model_name = {};  // What clients call the model; empty: ModelInfo::name.
  SchedulerOptions scheduler = {};
  size_t longest_prompt = 0;  // In tokens: the Prefill's prefill_length.
  RequestLimits request = {};
  size_t max_answer_bytes = size_t{512} << 20;         // Of all answers that are made or written.
  std::chrono::milliseconds request_timeout{600'000};  // From a whole request to its results.
  Pooling embedding_pooling = Pooling::kLast;
  ProtectionReport protection = {};  // For clients that ask.
  // At first; null where no quote can vouch for one.
  std::shared_ptr<const ServiceIdentity> identity = {};
  // There wherever the identity is, and null where it is not.
  std::shared_ptr<Attester> attester = {};
  AttestationReportOptions reports = {};
  ReceiptStore::Limits receipts = {};  // With an identity.
  // The model's, for receipts: required with an identity, unless none are kept.
  ModelDigestSet digests = {};
  std::optional<RerankTemplate> rerank = {};  // Nullopt: no reranking.
  bool provisioned = false;                   // Its keys came over the network (provisioning.h).
};

struct ServiceRenewal {
  std::optional<HttpTls> tls = {};
  std::shared_ptr<const ServiceIdentity> identity = {};
};

class Service {
 public:
  // `beside`: for urgent passes, made beside `prefill`; null: there are none
  // (SchedulerOptions::urgent). All three outlive the service. Errors are HttpServer::Start()'s.
  static absl::StatusOr<std::unique_ptr<Service>> Start(const Model& model, Prefill& prefill,
                                                        Prefill* beside, ServiceOptions options);
  ~Service();

  int port() const;
  // Connections that come are made to another identity, of the same attester, with TLS as before or
  // without as before. Those that are there keep theirs for one more answer, and receipts theirs
  // for good. Errors are HttpServer::Renew()'s. REQUIRES: there was one from the start.
  absl::Status Renew(ServiceRenewal renewal);
  // Finishes what was accepted; what comes gets 503, and after `timeout` what is not finished.
  // Connections that had an answer and ask nothing are closed.
  // Returns when all have their answers; at the latest two seconds after that.
  void Drain(std::chrono::milliseconds timeout);

  struct Impl;

 private:
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_SERVICE_H_
