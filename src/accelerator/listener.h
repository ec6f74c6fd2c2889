// Accepts the server's connections and hands them to gRPC, within limits of their number.
#ifndef SOTTO_ACCELERATOR_LISTENER_H_
#define SOTTO_ACCELERATOR_LISTENER_H_

#include <grpcpp/server_builder.h>

#include <functional>
#include <memory>
#include <thread>

#include "accelerator/connection_table.h"
#include "accelerator/descriptors.h"
#include "accelerator/listen_sockets.h"
#include "accelerator/unique_fd.h"

namespace sotto {

struct ListenerOptions {
  ConnectionLimits limits{};
  // Called for each connection that is closed at once because of the limits; on the listener's
  // thread.
  std::function<void(const std::string& peer)> on_refusal = [](const std::string&) {};
};

class Listener {
 public:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  // Accepts from now on, on a thread of its own. The server behind `acceptor` must run, and do so
  // until the listener is gone.
  Listener(std::unique_ptr<ListenSockets> sockets, std::unique_ptr<Acceptor> acceptor,
           ListenerOptions options);
  // Nobody can connect when it returns; connections that are open stay.
  ~Listener();

  const ListenSockets& sockets() const { return *sockets_; }

 private:
  void Run();
  void TakeOne(int listener);

  const std::unique_ptr<ListenSockets> sockets_;
  const std::unique_ptr<Acceptor> acceptor_;
  const ListenerOptions options_;
  ConnectionTable connections_;
  Accepter accepter_;
  const UniqueFd stop_;  // Readable once the thread has to end.
  std::thread thread_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_LISTENER_H_
