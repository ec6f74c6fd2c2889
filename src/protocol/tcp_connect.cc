#include "protocol/tcp_connect.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/strings.h"
#include "protocol/endpoint.h"

namespace sotto {
namespace {

using Clock = std::chrono::steady_clock;

int LeftMs(Clock::time_point deadline) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 3'600'000));
}

void SetPatience(int fd, std::chrono::milliseconds patience) {
  const timeval time{.tv_sec = patience.count() / 1000,
                     .tv_usec = (patience.count() % 1000) * 1000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

// 0, or what errno would be.
int ConnectInTime(int fd, const sockaddr* address, socklen_t size, Clock::time_point deadline) {
  const int flags = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  int error = connect(fd, address, size) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd wait{.fd = fd, .events = POLLOUT, .revents = 0};
    socklen_t error_size = sizeof(error);
    error = ETIMEDOUT;
    if (poll(&wait, 1, LeftMs(deadline)) == 1) {
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size);
    }
  }
  fcntl(fd, F_SETFL, flags);
  return error;
}

absl::Status CannotConnect(std::string_view why) {
  return absl::UnavailableError(StrCat("cannot connect: ", why));
}

absl::StatusOr<Descriptor> ConnectOne(int family, const sockaddr* address, socklen_t size,
                                      Clock::time_point deadline) {
  Descriptor fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return CannotConnect(std::strerror(errno));
  const int error = ConnectInTime(fd.get(), address, size, deadline);
  if (error != 0) return CannotConnect(std::strerror(error));
  return fd;
}

absl::StatusOr<Descriptor> ConnectUnix(std::string_view path, Clock::time_point deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return CannotConnect("the path is too long");
  path.copy(address.sun_path, path.size());
  return ConnectOne(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof(address),
                    deadline);
}

}  // namespace

absl::StatusOr<Descriptor> ConnectToFirst(const addrinfo* addresses, Clock::time_point deadline) {
  int left = 0;
  for (const addrinfo* a = addresses; a != nullptr; a = a->ai_next) ++left;
  absl::StatusOr<Descriptor> fd = CannotConnect("no address");
  for (const addrinfo* a = addresses; a != nullptr && !fd.ok(); a = a->ai_next) {
    const Clock::time_point now = Clock::now();
    fd = ConnectOne(a->ai_family, a->ai_addr, a->ai_addrlen, now + (deadline - now) / left--);
  }
  return fd;
}

absl::StatusOr<Descriptor> ConnectTo(const std::string& endpoint, Clock::time_point deadline,
                                     std::chrono::milliseconds patience) {
  SOTTO_RETURN_IF_ERROR(CheckEndpoint(endpoint, /*for_listening=*/false));
  absl::StatusOr<Descriptor> fd = CannotConnect("no address");
  if (endpoint.starts_with(kUnixPrefix)) {
    fd = ConnectUnix(std::string_view(endpoint).substr(kUnixPrefix.size()), deadline);
  } else {
    const size_t colon = endpoint.rfind(':');
    std::string host = endpoint.substr(0, colon);
    if (host.front() == '[') host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), endpoint.c_str() + colon + 1, &hints, &found);
    if (error != 0) return CannotConnect(gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
    fd = ConnectToFirst(found, deadline);
  }
  if (fd.ok()) SetPatience(fd->get(), patience);
  return fd;
}

}  // namespace sotto
