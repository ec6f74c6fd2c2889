#include "accelerator/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <utility>
#include <vector>

#include "base/check.h"

namespace sotto {
namespace {

UniqueFd MakeStop() {
  UniqueFd stop(eventfd(0, EFD_CLOEXEC));
  SOTTO_CHECK(stop.ok());
  return stop;
}

}  // namespace

Listener::Listener(std::unique_ptr<ListenSockets> sockets, std::unique_ptr<Acceptor> acceptor,
                   ListenerOptions options)
    : sockets_(std::move(sockets)),
      acceptor_(std::move(acceptor)),
      options_(std::move(options)),
      connections_(options_.limits),
      stop_(MakeStop()),
      thread_([this] { Run(); }) {}

Listener::~Listener() {
  SOTTO_CHECK(eventfd_write(stop_.get(), 1) == 0);
  thread_.join();
}

void Listener::Run() {
  std::vector<pollfd> polled;
  for (const UniqueFd& fd : sockets_->fds()) {
    polled.push_back({.fd = fd.get(), .events = POLLIN, .revents = 0});
  }
  polled.push_back({.fd = stop_.get(), .events = POLLIN, .revents = 0});
  while (polled.back().revents == 0) {
    if (poll(polled.data(), polled.size(), /*timeout=*/-1) < 0) continue;  // EINTR
    for (size_t i = 0; i + 1 < polled.size(); ++i) {
      if (polled[i].revents != 0) TakeOne(polled[i].fd);
    }
  }
}

// One at a time: between two of them, whoever wants the thread to end is heard.
void Listener::TakeOne(int listener) {
  UniqueFd connection = accepter_.Accept(listener, SOCK_NONBLOCK);
  if (!connection.ok()) return;
  if (!connections_.Admit(connection.get())) {
    options_.on_refusal(PeerOfSocket(connection.get()));
    return;
  }
  Acceptor::NewConnectionParameters parameters;
  parameters.listener_fd = listener;
  parameters.fd = connection.Release();
  acceptor_->HandleNewConnection(&parameters);
}

}  // namespace sotto
