#include "accelerator/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include "base/strings.h"
#include "wire/endpoint.h"

namespace sotto {
namespace {

// Threads besides one a session and one a relay: polling, Describe, health, and sessions being
// refused.
constexpr int kSpareThreads = 16;
// A client that vanished without a word is noticed after this.
constexpr int kKeepaliveMs = 20'000, kKeepaliveTimeoutMs = 10'000;

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

void Configure(grpc::ServerBuilder& builder, const ServerOptions& options) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  grpc::ResourceQuota quota("sotto-accelerator");
  quota.SetMaxThreads(2 * options.service.limits.max_sessions + kSpareThreads);
  builder.SetResourceQuota(quota);
}

}  // namespace

absl::StatusOr<std::unique_ptr<AcceleratorServer>> AcceleratorServer::Start(
    std::unique_ptr<ServedModel> model, const ServerOptions& options) {
  SOTTO_RETURN_IF_ERROR(CheckEndpoint(options.listen, /*for_listening=*/true));
  std::unique_ptr<AcceleratorServer> server(new AcceleratorServer(std::move(model)));
  server->service_ =
      std::make_unique<AcceleratorService>(*server->model_, server->metrics_, options.service);
  if (options.metrics) {
    SOTTO_ASSIGN_OR_RETURN(server->metrics_port_, server->metrics_.Expose(*options.metrics));
  }
  grpc::EnableDefaultHealthCheckService(true);
  static const bool reflection = [] {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(reflection);
  grpc::ServerBuilder builder;
  Configure(builder, options);
  int port = 0;
  builder.AddListeningPort(options.listen, MakeCredentials(options), &port);
  builder.RegisterService(server->service_.get());
  server->server_ = builder.BuildAndStart();
  if (server->server_ != nullptr) {
    // Health is asked for by the service's name too, not only for the server as a whole.
    server->server_->GetHealthCheckService()->SetServingStatus(pb::Accelerator::service_full_name(),
                                                               true);
  }
  const bool unix_socket = options.listen.starts_with("unix:");
  if (server->server_ == nullptr || (port == 0 && !unix_socket)) {
    return absl::UnavailableError(StrCat("--listen ", options.listen, ": cannot listen there"));
  }
  server->address_ = unix_socket
                         ? options.listen
                         : StrCat(options.listen.substr(0, options.listen.rfind(':')), ":", port);
  return server;
}

AcceleratorServer::~AcceleratorServer() {
  if (server_ != nullptr) Drain(std::chrono::milliseconds(0));
}

void AcceleratorServer::Drain(std::chrono::milliseconds grace) {
  server_->GetHealthCheckService()->SetServingStatus(false);
  server_->Shutdown(std::chrono::system_clock::now() + grace);
  server_->Wait();
}

}  // namespace sotto
