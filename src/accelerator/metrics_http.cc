#include "accelerator/metrics_http.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/strings.h"
#include "wire/endpoint.h"

namespace sotto {
namespace {

constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};

absl::Status CannotListen(const std::string& address, std::string_view why) {
  return absl::UnavailableError(StrCat("--metrics ", address, ": cannot listen there: ", why));
}

// A listening socket, or -1 with errno set.
int Listen(const addrinfo& info) {
  const int fd = socket(info.ai_family, info.ai_socktype | SOCK_CLOEXEC, info.ai_protocol);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, info.ai_addr, info.ai_addrlen) == 0 && listen(fd, 16) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  const auto port = address.ss_family == AF_INET6
                        ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                        : reinterpret_cast<const sockaddr_in&>(address).sin_port;
  return ntohs(port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsHttp>> MetricsHttp::Start(const std::string& address,
                                                                std::function<std::string()> text) {
  SOTTO_RETURN_IF_ERROR(CheckEndpoint(address, /*for_listening=*/true));
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* infos = nullptr;
  const std::string port = address.substr(colon + 1);
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &infos); error != 0) {
    return CannotListen(address, gai_strerror(error));
  }
  int fd = -1;
  for (const addrinfo* info = infos; info != nullptr && fd < 0; info = info->ai_next) {
    fd = Listen(*info);
  }
  const int error = errno;
  freeaddrinfo(infos);
  if (fd < 0) return CannotListen(address, std::strerror(error));
  return std::unique_ptr<MetricsHttp>(new MetricsHttp(fd, PortOf(fd), std::move(text)));
}

MetricsHttp::MetricsHttp(int listener, int port, std::function<std::string()> text)
    : listener_(listener), port_(port), text_(std::move(text)), thread_([this] { Run(); }) {}

MetricsHttp::~MetricsHttp() {
  shutdown(listener_, SHUT_RDWR);  // Wakes accept.
  thread_.join();
  close(listener_);
}

void MetricsHttp::Run() {
  while (true) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return;
    }
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
    Answer(connection);
    close(connection);
  }
}

void MetricsHttp::Answer(int connection) const {
  std::array<char, 2048> request;  // The first line is all that matters.
  const ssize_t size = recv(connection, request.data(), request.size(), 0);
  if (size <= 0) return;
  const std::string_view line(request.data(), static_cast<size_t>(size));
  const bool found = line.starts_with("GET /metrics ") || line.starts_with("GET /metrics?");
  const std::string body = found ? text_() : "see /metrics\n";
  const std::string answer =
      StrCat("HTTP/1.0 ", found ? "200 OK" : "404 Not Found",
             "\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: ", body.size(),
             "\r\nConnection: close\r\n\r\n", body);
  for (size_t sent = 0; sent < answer.size();) {
    const ssize_t n = send(connection, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += static_cast<size_t>(n);
  }
}

}  // namespace sotto
