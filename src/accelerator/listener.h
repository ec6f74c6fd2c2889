// Accepts the server's connections, within limits of their number, and hands them to gRPC, or to
// the sessions whose data they bring.
#ifndef SOTTO_ACCELERATOR_LISTENER_H_
#define SOTTO_ACCELERATOR_LISTENER_H_

#include <grpcpp/server_builder.h>

#include <functional>
#include <memory>
#include <string>

#include "accelerator/accept_loop.h"
#include "accelerator/connection_table.h"
#include "accelerator/data_door.h"

namespace sotto {

// Functions are called on the listener's thread.
struct ListenerOptions {
  // Called for each connection that is closed at once because of the limits.
  std::function<void(const std::string& peer)> on_refusal = [](const std::string&) {};
  // Set where the server speaks no TLS: called for each connection that begins with it. gRPC's
  // server would end it without a word.
  std::function<void(const std::string& peer)> on_tls{};
  // Takes the connections that are no calls of gRPC's. Outlives the listener.
  DataDoor* data_door = nullptr;
};

class Listener {
 public:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  // Accepts from now on, on a thread of its own, what `connections` admits. The server behind
  // `acceptor` must run, and do so until the listener is gone, as must the table.
  Listener(std::unique_ptr<ListenSockets> sockets, std::unique_ptr<Acceptor> acceptor,
           ConnectionTable& connections, ListenerOptions options);

 private:
  bool Admit(int connection);
  void Take(Descriptor connection, int listener);

  const std::unique_ptr<Acceptor> acceptor_;
  ConnectionTable& connections_;
  const ListenerOptions options_;
  AcceptLoop loop_;  // Last: its thread uses the rest.
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_LISTENER_H_
