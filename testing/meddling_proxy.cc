#include "testing/meddling_proxy.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "protocol/socket_pipe.h"

namespace sotto {
namespace {

bool BeginsWithHail(int client) {
  std::array<char, kHailBegin.size()> first{};
  return recv(client, first.data(), first.size(), MSG_PEEK | MSG_WAITALL) ==
             static_cast<ssize_t>(first.size()) &&
         std::equal(first.begin(), first.end(), kHailBegin.begin());
}

bool SendAll(int to, const std::vector<uint8_t>& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t size = send(to, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size < 0) return false;
    sent += static_cast<size_t>(size);
  }
  return true;
}

}  // namespace

MeddlingProxy::MeddlingProxy(int port, Meddle meddle)
    : port_(port),
      meddle_(std::move(meddle)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { Accept(); }) {}

MeddlingProxy::~MeddlingProxy() {
  SOTTO_CHECK(eventfd_write(stop_.get(), 1) == 0);
  thread_.join();
  for (std::thread& connection : connections_) connection.join();
}

std::vector<uint8_t> MeddlingProxy::Seen(Direction direction) const {
  std::lock_guard lock(mutex_);
  return seen_[direction];
}

void MeddlingProxy::Accept() {
  while (true) {
    std::array<pollfd, 2> polled = {{{stop_.get(), POLLIN, 0}, {listener_.fd.get(), POLLIN, 0}}};
    poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) return;
    Descriptor client(accept4(listener_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.ok()) continue;
    std::lock_guard lock(mutex_);
    connections_.emplace_back([this, fd = client.Release()] { Forward(Descriptor(fd)); });
  }
}

void MeddlingProxy::Forward(Descriptor client) {
  const Descriptor server = ConnectFrom("127.0.0.1", port_);
  if (!server.ok()) return;
  const bool data = BeginsWithHail(client.get());
  if (data) ++data_connections_;
  std::array<uint64_t, 2> at{};
  while (true) {
    std::array<pollfd, 3> polled = {
        {{stop_.get(), POLLIN, 0}, {client.get(), POLLIN, 0}, {server.get(), POLLIN, 0}}};
    poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) return;
    if (polled[1].revents != 0 &&
        !Pass(kToServer, data, client.get(), server.get(), at[kToServer])) {
      return;
    }
    if (polled[2].revents != 0 &&
        !Pass(kToClient, data, server.get(), client.get(), at[kToClient])) {
      return;
    }
  }
}

bool MeddlingProxy::Pass(Direction direction, bool data, int from, int to, uint64_t& at) {
  std::vector<uint8_t> bytes(size_t{64} << 10);
  const ssize_t size = recv(from, bytes.data(), bytes.size(), 0);
  if (size <= 0) return false;
  bytes.resize(static_cast<size_t>(size));
  if (data) {
    const uint64_t begin = std::exchange(at, at + bytes.size());
    {
      std::lock_guard lock(mutex_);
      seen_[direction].insert(seen_[direction].end(), bytes.begin(), bytes.end());
    }
    if (!meddle_(direction, begin, bytes)) return false;
  }
  return SendAll(to, bytes);
}

}  // namespace sotto
