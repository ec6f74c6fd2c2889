// Bare TCP connections within this host. Test-only.
#ifndef SOTTO_TESTING_LOOPBACK_H_
#define SOTTO_TESTING_LOOPBACK_H_

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>

#include "base/check.h"
#include "base/descriptor.h"

namespace sotto {

// From the address `from` (127.x.y.z) to 127.0.0.1:`port`; not ok() when that fails.
inline Descriptor ConnectFrom(const char* from, int port) {
  Descriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, from, &address.sin_addr);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return {};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return {};
  }
  return fd;
}

// A listener on a free port of 127.0.0.1.
struct LoopbackListener {
  LoopbackListener() : fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    SOTTO_CHECK(bind(fd.get(), any, size) == 0 && listen(fd.get(), 64) == 0 &&
                getsockname(fd.get(), any, &size) == 0);
    endpoint = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }

  Descriptor fd;
  std::string endpoint;
};

// The next connection of a non-blocking listener.
inline Descriptor AcceptWaiting(int listener) {
  pollfd polled{.fd = listener, .events = POLLIN, .revents = 0};
  poll(&polled, 1, /*timeout=*/30'000);
  return Descriptor(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
}

}  // namespace sotto

#endif  // SOTTO_TESTING_LOOPBACK_H_
