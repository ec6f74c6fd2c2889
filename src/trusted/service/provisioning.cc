#include "trusted/service/provisioning.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <utility>

#include "attest/provision_statement.h"
#include "base/strings.h"
#include "trusted/service/aci_answers.h"
#include "trusted/service/rate_limit.h"
#include "trusted/service/response_json.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

using ProvisioningClock = std::chrono::steady_clock;

constexpr std::string_view kHealthPath = "/health";
constexpr size_t kMostWaitingConnections = 256, kMostHeldBytes = 16 * kMaxProvisionBytes;
// A large model is opened, and hashed, before its key is known to be right.
constexpr std::chrono::hours kLongestJudgement{1};
// Each judgement costs what opening the model costs.
constexpr double kJudgementsPerSecond = 1, kJudgementsAtOnce = 5;
// For the last answers, the accepted document's among them.
constexpr std::chrono::milliseconds kLastAnswersWhileWaiting{2000};

struct WaitingEndpoint {
  std::string_view path, method;
};
constexpr std::array kWaitingEndpoints = std::to_array<WaitingEndpoint>({
    {kHealthPath, "GET"},
    {kAttestationPath, "GET"},
    {kChannelPath, "POST"},
    {kProvisionPath, "POST"},
});

HttpServerOptions WithinBounds(HttpServerOptions http,
                               std::shared_ptr<const ServiceIdentity> identity) {
  HttpLimits& limits = http.limits;
  limits.max_connections = std::min(limits.max_connections, kMostWaitingConnections);
  limits.max_body_bytes = kMaxProvisionBytes;
  limits.max_held_bytes = kMostHeldBytes;
  limits.handler_timeout = kLongestJudgement;
  http.terms = TermsOf(std::move(http.terms.tls), std::move(identity));
  return http;
}

HttpResponse AcceptedResponse(const WorkloadKeyset& keyset) {
  ResponseJson json = {{"status", "provisioned"},
                       {"workload_keyset_digest", SecretString(keyset.digest())}};
  json["tls_spki_sha256"] = SecretString(keyset.tls_public_keys().at(0).spki_sha256);
  return JsonResponse(json);
}

}  // namespace

struct ProvisioningService::Impl {
  enum class State { kWaiting, kJudging, kAccepted };

  explicit Impl(ProvisioningOptions given)
      : options(std::move(given)), reports(*options.attester, options.reports) {}
  ~Impl() {
    if (http != nullptr) http->Stop();
  }

  HttpAdmission Admit(const HttpHead& head);
  std::optional<HttpResponse> Refusal(const HttpHead& head);
  void Handle(const HttpRequest& request, const HttpReply& reply);
  void TakeOffer(const HttpRequest& request, const HttpReply& reply);
  std::optional<HttpResponse> NotNow();
  HttpResponse Health();
  HttpCallbacks Callbacks();

  const ProvisioningOptions options;
  std::mutex mutex;
  State state = State::kWaiting;
  RateLimit judgements{kJudgementsPerSecond, kJudgementsAtOnce};
  std::optional<ProvisionDocument> document;  // Until it is taken.
  HttpReply reply;                            // To it, while it is judged.
  std::stop_token left;                       // Its sender.
  std::unique_ptr<HttpServer> http;
  AttestationReports reports;
};

HttpAdmission ProvisioningService::Impl::Admit(const HttpHead& head) {
  return {.refusal = Refusal(head)};
}

std::optional<HttpResponse> ProvisioningService::Impl::Refusal(const HttpHead& head) {
  const auto endpoint = std::ranges::find(kWaitingEndpoints, head.path, &WaitingEndpoint::path);
  if (endpoint == kWaitingEndpoints.end()) {
    return HttpErrorResponse(503, "the service waits for its keys, and takes no prompts yet");
  }
  if (!TakesMethod(endpoint->method, head.method)) {
    HttpResponse response = HttpErrorResponse(405, StrCat("the method must be ", endpoint->method));
    response.headers.emplace_back("Allow", AllowedMethods(endpoint->method));
    return response;
  }
  if (endpoint->path == kProvisionPath) return NotNow();
  if (head.has_body) return HttpErrorResponse(413, "no body is taken here");
  return std::nullopt;
}

// Why no document is taken; nullopt: one is.
std::optional<HttpResponse> ProvisioningService::Impl::NotNow() {
  const std::lock_guard lock(mutex);
  if (state == State::kAccepted) return HttpErrorResponse(409, kKeysAreThere);
  if (state == State::kWaiting) return std::nullopt;
  return HttpErrorResponse(503, "another document is being judged");
}

HttpResponse ProvisioningService::Impl::Health() {
  const std::lock_guard lock(mutex);
  HttpResponse response = JsonResponse(
      {{"status", state == State::kAccepted ? "loading the model" : "waiting for its keys"}});
  response.status = 503;
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

void ProvisioningService::Impl::Handle(const HttpRequest& request, const HttpReply& reply_to) {
  const std::string_view path = request.head.path;
  if (path == kAttestationPath) return AnswerReport(&reports, request, reply_to);
  if (path == kChannelPath) return AnswerProof(request, reply_to);
  if (path == kHealthPath) return reply_to(Health());
  TakeOffer(request, reply_to);
}

void ProvisioningService::Impl::TakeOffer(const HttpRequest& request, const HttpReply& reply_to) {
  if (std::optional<HttpResponse> refusal = NotNow()) return reply_to(*std::move(refusal));
  if (!options.provisioner_key.empty() &&
      !IsAuthorizedBy(options.provisioner_key, request.head.authorization, request.exporter,
                      request.body)) {
    return reply_to(HttpErrorResponse(403,
                                      "the document is not signed by the owner whose key this "
                                      "service was started with"));
  }
  absl::StatusOr<ProvisionDocument> parsed = ParseProvisionDocument(request.body);
  if (!parsed.ok()) return reply_to(ErrorResponse(parsed.status()));
  {
    // Nobody else sets it to kJudging: requests come on one thread.
    const std::lock_guard lock(mutex);
    if (!judgements.Take(ProvisioningClock::now())) {
      return reply_to(
          ErrorResponse(BusyError("too many documents have come", judgements.SecondsUntilNext())));
    }
    state = State::kJudging;
    document = *std::move(parsed);
    reply = reply_to;
    left = request.left;
  }
  options.offered();
}

HttpCallbacks ProvisioningService::Impl::Callbacks() {
  return {.admit = [this](const HttpHead& head) { return Admit(head); },
          .handle = [this](const HttpRequest& request,
                           const HttpReply& reply_to) { Handle(request, reply_to); },
          .error = [](int status, const std::string& message,
                      std::string_view) { return HttpErrorResponse(status, message); },
          .connections = [](size_t) {}};
}

absl::StatusOr<std::unique_ptr<ProvisioningService>> ProvisioningService::Start(
    ProvisioningOptions options) {
  options.http = WithinBounds(std::move(options.http), options.identity);
  auto impl = std::make_unique<Impl>(std::move(options));
  SOTTO_ASSIGN_OR_RETURN(impl->http, HttpServer::Start(impl->options.http, impl->Callbacks()));
  return std::unique_ptr<ProvisioningService>(new ProvisioningService(std::move(impl)));
}

ProvisioningService::ProvisioningService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProvisioningService::~ProvisioningService() = default;

int ProvisioningService::port() const { return impl_->http->port(); }

absl::Status ProvisioningService::Renew(ServiceRenewal renewal) {
  return impl_->http->Renew(TermsOf(std::move(renewal.tls), std::move(renewal.identity)));
}

std::optional<ProvisionDocument> ProvisioningService::Take() {
  const std::lock_guard lock(impl_->mutex);
  return std::exchange(impl_->document, std::nullopt);
}

void ProvisioningService::Refuse(const absl::Status& why) {
  HttpReply reply;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->state = Impl::State::kWaiting;
    reply = std::exchange(impl_->reply, nullptr);
  }
  reply(ErrorResponse(why));
}

bool ProvisioningService::Accept(const ServiceIdentity& identity) {
  HttpReply reply;
  bool accepted = false;
  {
    const std::lock_guard lock(impl_->mutex);
    accepted = !impl_->left.stop_requested();
    impl_->state = accepted ? Impl::State::kAccepted : Impl::State::kWaiting;
    reply = std::exchange(impl_->reply, nullptr);
  }
  if (accepted) reply(AcceptedResponse(identity.keyset()));
  return accepted;
}

std::shared_ptr<ListeningSockets> ProvisioningService::HandOver() {
  std::shared_ptr<ListeningSockets> sockets = impl_->http->GiveUpSockets();
  impl_->http->Drain(kLastAnswersWhileWaiting);
  impl_->http->Close(kLastAnswersWhileWaiting);
  impl_->http->Stop();
  return sockets;
}

}  // namespace sotto
