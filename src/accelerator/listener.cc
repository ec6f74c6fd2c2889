#include "accelerator/listener.h"

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <utility>

namespace sotto {
namespace {

// A client says something at once, in HTTP/2, TLS and hails. Whoever does not is gRPC's all the
// same: its server greets first.
constexpr std::chrono::milliseconds kPatience{1000};

// Whether what has come is the beginning of a TLS handshake: a record's type, and its version's
// first byte.
bool BeginsWithTls(int connection) {
  constexpr std::array<uint8_t, 2> kHandshakeRecord = {22, 3};
  std::array<uint8_t, 2> first{};
  const ssize_t size = recv(connection, first.data(), first.size(), MSG_PEEK | MSG_DONTWAIT);
  return size == static_cast<ssize_t>(first.size()) && first == kHandshakeRecord;
}

}  // namespace

Listener::Listener(std::unique_ptr<ListenSockets> sockets, std::unique_ptr<Acceptor> acceptor,
                   ConnectionTable& connections, ListenerOptions options)
    : acceptor_(std::move(acceptor)),
      connections_(connections),
      options_(std::move(options)),
      loop_(std::move(sockets),
            {.flags = SOCK_NONBLOCK,
             .admit = [this](int connection) { return Admit(connection); },
             .take = [this](Descriptor connection,
                            int listener) { Take(std::move(connection), listener); },
             .patience = kPatience}) {}

bool Listener::Admit(int connection) {
  if (connections_.Admit(connection)) return true;
  options_.on_refusal(PeerOfSocket(connection));
  return false;
}

void Listener::Take(Descriptor connection, int listener) {
  if (DataDoor::IsData(connection.get())) return options_.data_door->Enter(std::move(connection));
  if (options_.on_tls && BeginsWithTls(connection.get())) {
    options_.on_tls(PeerOfSocket(connection.get()));
  }
  Acceptor::NewConnectionParameters parameters;
  parameters.listener_fd = listener;
  parameters.fd = connection.Release();
  acceptor_->HandleNewConnection(&parameters);
}

}  // namespace sotto
