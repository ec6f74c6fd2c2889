#include "trusted/service/service.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "trusted/identity/receipt_events.h"
#include "trusted/service/aci_answers.h"
#include "trusted/service/endpoints.h"
#include "trusted/service/prefill_passes.h"
#include "trusted/service/receipts.h"
#include "trusted/service/service_context.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

using Clock = std::chrono::steady_clock;

// Threads that read requests and write answers, beside the one of connections and that of passes.
constexpr int kTaskThreads = 2;

// For answers that are on their way when a drain ends, and for those who were never heard.
constexpr std::chrono::milliseconds kLastAnswers{2000};

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

const Endpoint* EndpointOf(std::string_view path) {
  const auto found = std::ranges::find_if(AllEndpoints(), [&](const Endpoint& endpoint) {
    return path == endpoint.path || (endpoint.path.ends_with('/') && endpoint.path != "/" &&
                                     path.starts_with(endpoint.path));
  });
  return found == AllEndpoints().end() ? nullptr : &*found;
}

// A pass that is counted.
RunPass Counted(RunPass run, ServiceMetrics& metrics) {
  return [run = std::move(run), &metrics](const Pass& pass, std::stop_token stop) {
    const Clock::time_point start = Clock::now();
    auto results = run(pass, std::move(stop));
    size_t tokens = 0;
    for (const PassPrompt* prompt : pass.prompts) tokens += prompt->ids.size();
    // The time of an urgent pass is part of another's.
    metrics.CountPass(pass.prompts.size(), tokens, pass.urgent ? 0 : SecondsSince(start));
    return results;
  };
}

// Where a keyset vouches for them (attested): otherwise receipts prove nothing. Null where none is
// kept.
std::unique_ptr<Receipts> MakeReceipts(const ServiceOptions& options) {
  if (options.receipts.records == 0) return nullptr;
  const std::vector<nlohmann::json> about_service = {ModelEvent(options.digests),
                                                     ProtectionEvent(options.protection.facts)};
  return std::make_unique<Receipts>(about_service, options.model_name, options.receipts);
}

// What depends on others of the options, and on the model.
ServiceOptions Completed(ServiceOptions options, const Model& model) {
  if (options.model_name.empty()) options.model_name = model.info().name;
  // Passes end what is late, but for what a pass is computing.
  options.http.limits.handler_timeout = options.request_timeout;
  options.http.terms = TermsOf(std::move(options.http.terms.tls), options.identity);
  return options;
}

std::unique_ptr<AttestationReports> MakeReports(const ServiceOptions& options) {
  return std::make_unique<AttestationReports>(*options.attester, options.reports);
}

// The first keys give way to others (Service::Renew), and are not kept beyond their use; whether
// there is TLS is.
ServiceOptions WithoutKeys(ServiceOptions options) {
  const bool tls = options.http.terms.tls.has_value();
  options.http.terms = {};
  if (tls) options.http.terms.tls.emplace();
  options.identity = nullptr;
  return options;
}

}  // namespace

struct Service::Impl {
  Impl(const Model& opened, Prefill& prefill, Prefill* beside, ServiceOptions given)
      : model(opened),
        attested(given.identity != nullptr),
        options(WithoutKeys(std::move(given))),
        tasks(kTaskThreads),
        scheduler(options.scheduler, Counted(PassesOver(prefill, beside), metrics),
                  [this](const SchedulerReport& report) { metrics.SetQueue(report); }) {}
  // First nobody calls any more; then what calls back ends; the server, which it calls, is last.
  ~Impl() {
    if (http != nullptr) http->Stop();
  }

  HttpAdmission Admit(const HttpHead& head);
  std::optional<HttpResponse> Refusal(const HttpHead& head, const Endpoint* endpoint);
  void Handle(HttpRequest request, HttpReply reply);
  HttpCallbacks Callbacks();

  const Model& model;
  const bool attested;  // By a TEE, as clients can verify.
  const ServiceOptions options;
  std::atomic<bool> draining{false};
  ServiceMetrics metrics;
  const MemoryBudget answers{options.max_answer_bytes};
  const std::unique_ptr<Receipts> receipts = attested ? MakeReceipts(options) : nullptr;
  std::unique_ptr<HttpServer> http;
  const std::unique_ptr<AttestationReports> reports = attested ? MakeReports(options) : nullptr;
  TaskQueue tasks;
  Scheduler scheduler;
  const ServiceContext context{model,   options, scheduler,     tasks,
                               metrics, answers, reports.get(), receipts.get()};
};

HttpAdmission Service::Impl::Admit(const HttpHead& head) {
  const Endpoint* const endpoint = EndpointOf(head.path);
  HttpAdmission admission{.refusal = Refusal(head, endpoint)};
  admission.known = !admission.refusal.has_value() && !endpoint->open;
  return admission;
}

std::optional<HttpResponse> Service::Impl::Refusal(const HttpHead& head, const Endpoint* endpoint) {
  const auto refusal = [&](int status, std::string_view message) {
    metrics.CountAnswer(endpoint == nullptr ? "other" : endpoint->path, status, 0);
    return HttpErrorResponse(status, message);
  };
  if (draining) return refusal(503, "the server is shutting down");
  if (options.provisioned && head.path == kProvisionPath) return refusal(409, kKeysAreThere);
  if (head.path == "*") {  // The server as a whole, for OPTIONS.
    HttpResponse response = refusal(405, "the method must be GET, HEAD or POST");
    response.headers.emplace_back("Allow", "GET, HEAD, POST");
    return response;
  }
  if (endpoint == nullptr) {
    return refusal(404, "there is nothing at this path: /openapi.json lists those there are");
  }
  if (!TakesMethod(endpoint->method, head.method)) {
    HttpResponse response = refusal(405, StrCat("the method must be ", endpoint->method));
    response.headers.emplace_back("Allow", AllowedMethods(endpoint->method));
    return response;
  }
  if (!endpoint->open && !options.keys.Admit(head.authorization)) {
    return refusal(401, head.authorization.empty()
                            ? "an API key is wanted, as \"Authorization: Bearer KEY\""
                            : "the API key is wrong, or not sent as \"Authorization: Bearer KEY\"");
  }
  // It would count against the memory of those who may send one.
  if (head.has_body && (endpoint->method == "GET" || endpoint->open)) {
    return refusal(413, "no body is taken here");
  }
  return std::nullopt;
}

void Service::Impl::Handle(HttpRequest request, HttpReply reply) {
  const Endpoint* const endpoint = EndpointOf(request.head.path);
  const HttpReply counted = [this, endpoint, start = Clock::now(), left = request.left,
                             reply = std::move(reply)](HttpResponse response) {
    if (left.stop_requested()) return;  // Nobody gets it, or 504 was the answer.
    metrics.CountAnswer(endpoint->path, response.status, SecondsSince(start));
    reply(std::move(response));
  };
  auto shared = std::make_shared<const HttpRequest>(std::move(request));
  const TaskSize size = SizeOfTask(shared->body.size());
  tasks.Post(
      [this, endpoint, shared = std::move(shared), counted] {
        if (CheckAwaited(*shared).ok()) endpoint->answer(context, *shared, counted);
      },
      size);
}

HttpCallbacks Service::Impl::Callbacks() {
  return {.admit = [this](const HttpHead& head) { return Admit(head); },
          .handle = [this](HttpRequest request,
                           HttpReply reply) { Handle(std::move(request), std::move(reply)); },
          .error =
              [this](int status, const std::string& message, std::string_view path) {
                const Endpoint* const endpoint = EndpointOf(path);
                metrics.CountAnswer(endpoint == nullptr ? "other" : endpoint->path, status, 0);
                return HttpErrorResponse(status, message);
              },
          .connections = [this](size_t connections) { metrics.SetConnections(connections); }};
}

absl::StatusOr<std::unique_ptr<Service>> Service::Start(const Model& model, Prefill& prefill,
                                                        Prefill* beside, ServiceOptions options) {
  options = Completed(std::move(options), model);
  const HttpServerOptions http = options.http;
  auto impl = std::make_unique<Impl>(model, prefill, beside, std::move(options));
  SOTTO_ASSIGN_OR_RETURN(impl->http, HttpServer::Start(http, impl->Callbacks()));
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() = default;

int Service::port() const { return impl_->http->port(); }

absl::Status Service::Renew(ServiceRenewal renewal) {
  return impl_->http->Renew(TermsOf(std::move(renewal.tls), std::move(renewal.identity)));
}

void Service::Drain(std::chrono::milliseconds timeout) {
  impl_->draining = true;
  impl_->http->Drain(timeout);
  impl_->scheduler.Stop();  // What is not finished by now gets 503.
  impl_->http->Close(kLastAnswers);
}

}  // namespace sotto
