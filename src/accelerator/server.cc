#include "accelerator/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <vector>

#include "accelerator/event_log.h"
#include "base/descriptor_limit.h"
#include "base/strings.h"
#include "protocol/thread_room.h"

namespace sotto {
namespace {

// Threads besides one a session and one a relay: polling, and sessions being refused.
constexpr int kSpareThreads = 16;
// A client that vanished without a word is noticed after this.
constexpr int kKeepaliveMs = 20'000, kKeepaliveTimeoutMs = 10'000;
// A connection without a call ends after this.
constexpr int kConnectionIdleMs = 300'000;
// Calls at once of one connection. A session has a connection of its own.
constexpr int kMaxCallsPerConnection = 16;
// Descriptors besides those of connections and one a session, for its relay: files, polling,
// devices, metrics.
constexpr size_t kSpareDescriptors = 64;
// Without these no session could be served: gRPC, for one, ends the process then, by an abort.
constexpr size_t kLeastDescriptors = 32;
constexpr std::chrono::seconds kBetweenRefusalLines{10};
// Calls get this long to end when the server does and their clients have been told.
constexpr std::chrono::seconds kServerGoodbye{2};

std::shared_ptr<grpc::ServerCredentials> MakeCredentials(const ServerOptions& options) {
  if (!options.tls) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions ssl(
      options.tls->client_roots.empty()
          ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
          : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  ssl.pem_root_certs = options.tls->client_roots;
  ssl.pem_key_cert_pairs.push_back(
      {.private_key = options.tls->private_key, .cert_chain = options.tls->certificate_chain});
  return grpc::SslServerCredentials(ssl);
}

// gRPC's reflection library adds itself to every server of the process, once it is linked.
class NoReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins, [](const auto& p) { return p->name() == "proto_server_reflection"; });
  }
};

void Configure(grpc::ServerBuilder& builder, const ServerOptions& options) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             static_cast<int>(kHandshakeTimeout.count()));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kConnectionIdleMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxCallsPerConnection);
  grpc::ResourceQuota quota("sotto-accelerator");
  quota.SetMaxThreads(2 * options.service.limits.max_sessions + kSpareThreads);
  builder.SetResourceQuota(quota);
  if (!options.reflection) builder.SetOption(std::make_unique<NoReflection>());
}

ConnectionLimits LimitsOf(const ServerOptions& options) {
  const auto sessions = static_cast<size_t>(options.service.limits.max_sessions);
  const size_t descriptors = DescriptorLimit(), others = kSpareDescriptors + sessions;
  const size_t possible = descriptors > others ? descriptors - others : 1;
  const size_t total = std::min(options.max_connections, possible);
  return {.total = total, .per_peer = std::max<size_t>(1, total / 2)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<AcceleratorServer>> AcceleratorServer::Start(
    std::unique_ptr<ServedModel> model, const ServerOptions& options) {
  SOTTO_RETURN_IF_ERROR(TryDescriptors(kLeastDescriptors));
  SOTTO_RETURN_IF_ERROR(CheckThreadRoom());
  SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<ListenSockets> sockets,
                         ListenSockets::Open("listen", options.listen));
  std::unique_ptr<AcceleratorServer> server(new AcceleratorServer(std::move(model)));
  ServiceOptions service = options.service;
  service.relay.policy.clients_are_verified = options.tls && !options.tls->client_roots.empty();
  server->service_ =
      std::make_unique<AcceleratorService>(*server->model_, server->metrics_, service);
  if (options.metrics) {
    SOTTO_ASSIGN_OR_RETURN(server->metrics_port_, server->metrics_.Expose(*options.metrics));
  }
  SOTTO_RETURN_IF_ERROR(server->Serve(std::move(sockets), options));
  return server;
}

absl::Status AcceleratorServer::Serve(std::unique_ptr<ListenSockets> sockets,
                                      const ServerOptions& options) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();  // Does nothing a second time.
  grpc::ServerBuilder builder;
  Configure(builder, options);
  auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      MakeCredentials(options));
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return absl::UnavailableError(StrCat("listen: cannot serve on ", options.listen));
  }
  // Health of the service by its name is whether a session can be had now; of the server as a
  // whole, whether it runs.
  service_->ObserveAvailability([health = server_->GetHealthCheckService()](bool available) {
    health->SetServingStatus(pb::Accelerator::service_full_name(), available);
  });
  address_ = sockets->address();
  const int listener = sockets->fds().front().get();
  connections_.emplace(LimitsOf(options));
  failed_handshakes_.emplace(FailedHandshakesOptions{
      .take_leavers = [this] { return connections_->TakeLeavers(); },
      .count = [this](ConnectionFailure failure) { metrics_.HandshakeFailed(failure); }});
  ListenerOptions listening{
      .on_refusal = [this](const std::string& peer) { RefusedConnection(peer); },
      .data_door = &service_->data_door()};
  if (!options.tls) {
    listening.on_tls = [this](const std::string& peer) {
      failed_handshakes_->Add(ConnectionFailure::kServerWithoutTls, peer);
    };
  }
  listener_ = std::make_unique<Listener>(std::move(sockets), std::move(acceptor), *connections_,
                                         std::move(listening));
  if (options.on_dead) {
    watchdog_ = std::make_unique<Watchdog>(
        listener, WatchdogOptions{.greeting = options.tls ? TlsClientHello() : std::string(),
                                  .on_dead = options.on_dead});
  }
  return absl::OkStatus();
}

// A flood of connections must not become a flood of lines.
void AcceleratorServer::RefusedConnection(const std::string& peer) {
  metrics_.ConnectionRefused();
  const auto now = std::chrono::steady_clock::now();
  if (now < next_refusal_line_) return;
  next_refusal_line_ = now + kBetweenRefusalLines;
  LogEvent(LogLevel::kWarning, "connection_refused",
           {{"peer", peer}, {"why", "too many connections"}});
}

AcceleratorServer::~AcceleratorServer() {
  if (server_ != nullptr) Drain(std::chrono::milliseconds(0));
}

void AcceleratorServer::Drain(std::chrono::milliseconds grace) {
  watchdog_.reset();
  listener_.reset();
  service_->ObserveAvailability([](bool) {});
  server_->GetHealthCheckService()->SetServingStatus(false);
  service_->Drain(grace);
  server_->Shutdown(std::chrono::system_clock::now() + kServerGoodbye);
  server_->Wait();
}

}  // namespace sotto
