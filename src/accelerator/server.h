// A running server: service, health, reflection, TLS and metrics, from options to shutdown.
#ifndef SOTTO_ACCELERATOR_SERVER_H_
#define SOTTO_ACCELERATOR_SERVER_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accelerator/served_model.h"
#include "accelerator/service.h"
#include "base/status.h"

namespace sotto {

// PEM texts. With `client_roots` every client must show a certificate they signed.
struct ServerTls {
  std::string certificate_chain, private_key, client_roots;
};

struct ServerOptions {
  std::string listen = "localhost:50051";  // HOST:PORT or unix:PATH; port 0: any that is free.
  std::optional<ServerTls> tls{};
  std::optional<std::string> metrics{};  // HOST:PORT
  ServiceOptions service{};
};

class AcceleratorServer {
 public:
  // Listens and serves from now on. INVALID_ARGUMENT for an option; UNAVAILABLE when the address
  // cannot be had.
  static absl::StatusOr<std::unique_ptr<AcceleratorServer>> Start(
      std::unique_ptr<ServedModel> model, const ServerOptions& options);
  ~AcceleratorServer();

  // "HOST:PORT" with the port in use, or "unix:PATH".
  const std::string& address() const { return address_; }
  // 0 without metrics.
  int metrics_port() const { return metrics_port_; }

  // Takes no new session, lets those that run finish until `grace` has passed, then cancels them.
  void Drain(std::chrono::milliseconds grace);

 private:
  explicit AcceleratorServer(std::unique_ptr<ServedModel> model) : model_(std::move(model)) {}

  std::unique_ptr<ServedModel> model_;
  Metrics metrics_;
  std::unique_ptr<AcceleratorService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  int metrics_port_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_SERVER_H_
