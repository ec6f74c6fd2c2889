// A running server: service, health, TLS and metrics, from options to shutdown.
#ifndef SOTTO_ACCELERATOR_SERVER_H_
#define SOTTO_ACCELERATOR_SERVER_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accelerator/connection_table.h"
#include "accelerator/failed_handshakes.h"
#include "accelerator/listener.h"
#include "accelerator/served_model.h"
#include "accelerator/service.h"
#include "accelerator/watchdog.h"
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
  // Connections at once, half of them for one peer at most. Fewer where the process may not have as
  // many descriptors.
  size_t max_connections = 1024;
  // The standard reflection service. Each of its calls holds a thread as long as the client likes.
  bool reflection = false;
  // Told once that the server no longer answers whoever connects (UNAVAILABLE). None: not watched.
  std::function<void(const absl::Status&)> on_dead{};
  ServiceOptions service{};
};

class AcceleratorServer {
 public:
  // Listens and serves from now on. INVALID_ARGUMENT for an option; UNAVAILABLE when the address
  // cannot be had, saying why; RESOURCE_EXHAUSTED where there are too few threads or descriptors
  // for gRPC.
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
  absl::Status Serve(std::unique_ptr<ListenSockets> sockets, const ServerOptions& options);
  // On the listener's thread.
  void RefusedConnection(const std::string& peer);

  std::unique_ptr<ServedModel> model_;
  Metrics metrics_;
  std::optional<ConnectionTable> connections_;
  std::optional<FailedHandshakes> failed_handshakes_;
  std::unique_ptr<AcceleratorService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Watchdog> watchdog_;
  std::chrono::steady_clock::time_point next_refusal_line_{};
  std::string address_;
  int metrics_port_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_SERVER_H_
