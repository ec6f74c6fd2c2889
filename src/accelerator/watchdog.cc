#include "accelerator/watchdog.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/strings.h"

namespace sotto {

namespace {

absl::Status Failed(const char* what, int error) {
  return absl::UnavailableError(StrCat(what, ": ", std::strerror(error)));
}

int ErrorOf(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

Watchdog::Watchdog(int listener, WatchdogOptions options)
    : options_(std::move(options)), stop_(eventfd(0, EFD_CLOEXEC)) {
  SOTTO_CHECK(stop_.ok());
  // Connecting to a wildcard address reaches this host.
  SOTTO_CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&address_), &address_size_) == 0);
  thread_ = std::thread([this] { Run(); });
}

Watchdog::~Watchdog() {
  SOTTO_CHECK(eventfd_write(stop_.get(), 1) == 0);
  thread_.join();
}

void Watchdog::Run() {
  int missed = 0;
  while (!absl::IsCancelled(Wait(-1, 0, options_.interval))) {
    const absl::Status status = Look();
    if (absl::IsCancelled(status)) return;
    missed = status.ok() ? 0 : missed + 1;
    if (missed < options_.misses) continue;
    options_.on_dead(absl::UnavailableError(
        StrCat("new connections are no longer answered: ", ToStd(status.message()))));
    return;
  }
}

absl::Status Watchdog::Wait(int fd, int16_t events, std::chrono::milliseconds timeout) const {
  std::array<pollfd, 2> polled = {{{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                                   {.fd = fd, .events = events, .revents = 0}}};
  const int ready = poll(polled.data(), polled.size(), static_cast<int>(timeout.count()));
  if (polled[0].revents != 0) return absl::CancelledError("");
  return ready > 0 ? absl::OkStatus() : absl::DeadlineExceededError("no reply");
}

absl::Status Watchdog::Look() const {
  const Descriptor fd(socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.ok()) return Failed("cannot create a socket", errno);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address_), address_size_) != 0 &&
      errno != EINPROGRESS) {
    return Failed("cannot connect", errno);
  }
  SOTTO_RETURN_IF_ERROR(Wait(fd.get(), POLLOUT, options_.timeout));
  if (const int error = ErrorOf(fd.get()); error != 0) return Failed("cannot connect", error);
  send(fd.get(), options_.greeting.data(), options_.greeting.size(), MSG_NOSIGNAL);
  // Bytes, or an end: a server that turns connections away is alive.
  return Wait(fd.get(), POLLIN, options_.timeout);
}

std::string TlsClientHello() {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  SOTTO_CHECK(context != nullptr);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  SOTTO_CHECK(ssl != nullptr);
  BIO* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);  // Owns both.
  SSL_connect(ssl.get());                             // Writes its first message, reads nothing.
  char* text = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(out, &text));
  return {text, size};
}

}  // namespace sotto
