#include "trusted/service/http_server.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "base/descriptor_limit.h"
#include "base/log.h"
#include "base/strings.h"
#include "protocol/endpoint.h"
#include "trusted/service/exception_reason.h"
#include "trusted/service/http_connection.h"
#include "trusted/service/http_state.h"

namespace sotto {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using V6Only = asio::ip::v6_only;

// What the process opens beside connections: the model's files, listening sockets, a log.
constexpr size_t kOtherDescriptors = 64;
// After a failed accept(), for example for want of descriptors.
constexpr std::chrono::milliseconds kAcceptPause{50};

absl::Status CannotListen(const std::string& endpoint, const ErrorCode& error) {
  return absl::UnavailableError(StrCat("listen ", endpoint, ": ", error.message()));
}

// "[::1]:80" -> "::1", "80".
std::pair<std::string, std::string> HostAndPort(const std::string& endpoint) {
  const size_t colon = endpoint.rfind(':');
  std::string host = endpoint.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, endpoint.substr(colon + 1)};
}

absl::StatusOr<std::shared_ptr<asio::ssl::context>> MakeTls(const HttpTls& tls) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
  SSL_CTX_set_options(native, SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // Most connections are idle.
  SSL_CTX_set_num_tickets(native, 0);
  ErrorCode error;
  context->use_certificate_chain(asio::buffer(tls.certificate_chain), error);
  if (error) return absl::InvalidArgumentError("tls: the certificate cannot be used");
  context->use_private_key(asio::buffer(tls.private_key), asio::ssl::context::pem, error);
  if (error) return absl::InvalidArgumentError("tls: the private key does not fit the certificate");
  return context;
}

absl::StatusOr<std::shared_ptr<const HttpTermsInUse>> InUse(const HttpTerms& terms) {
  auto in_use = std::make_shared<HttpTermsInUse>();
  if (terms.tls.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(in_use->tls, MakeTls(*terms.tls));
    in_use->exporter_label = terms.tls->exporter_label;
  }
  in_use->headers = terms.headers;
  in_use->identity = terms.identity;
  return in_use;
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(std::shared_ptr<HttpState> shared) : state(std::move(shared)) {}

  absl::Status Listen();
  absl::Status ListenAt(const tcp::endpoint& endpoint);
  absl::Status TakeSockets(ListeningSockets& sockets);
  std::shared_ptr<ListeningSockets> GiveUpSockets();
  void AcceptFrom(tcp::acceptor& acceptor);
  void Take(tcp::socket socket);
  void TakeAllAndListenNoMore();
  void Run();

  const std::shared_ptr<HttpState> state;
  asio::io_context io{1};
  // Whoever gives up the sockets may have no connection left, and is not yet stopped.
  const asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  std::vector<std::unique_ptr<tcp::acceptor>> acceptors;
  unsigned short port = 0;
  std::thread thread;
};

absl::Status HttpServer::Impl::ListenAt(const tcp::endpoint& endpoint) {
  auto acceptor = std::make_unique<tcp::acceptor>(io);
  ErrorCode error, ignored;
  const std::string& name = state->options.listen;
  acceptor->open(endpoint.protocol(), error);
  if (error) return CannotListen(name, error);
  acceptor->set_option(tcp::acceptor::reuse_address(true), ignored);
  if (endpoint.address().is_v6()) acceptor->set_option(V6Only(true), ignored);
  acceptor->bind({endpoint.address(), port != 0 ? port : endpoint.port()}, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) return CannotListen(name, error);
  port = acceptor->local_endpoint(error).port();
  acceptors.push_back(std::move(acceptor));
  return absl::OkStatus();
}

// Whatever is wrong with one of them, none is left open.
absl::Status HttpServer::Impl::TakeSockets(ListeningSockets& sockets) {
  std::vector<Descriptor> taken = std::exchange(sockets.sockets, {});
  const std::string& name = state->options.listen;
  if (taken.empty() || state->terms->tls == nullptr) {
    return absl::InvalidArgumentError(StrCat("listen ", name, ": no sockets, or no TLS for them"));
  }
  for (Descriptor& socket : taken) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const bool known = getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
    const tcp protocol = known && address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4();
    auto acceptor = std::make_unique<tcp::acceptor>(io);
    ErrorCode error;
    acceptor->assign(protocol, socket.get(), error);
    if (error) return CannotListen(name, error);
    socket.Release();
    port = acceptor->local_endpoint(error).port();
    acceptors.push_back(std::move(acceptor));
  }
  return absl::OkStatus();
}

std::shared_ptr<ListeningSockets> HttpServer::Impl::GiveUpSockets() {
  auto sockets = std::make_shared<ListeningSockets>();
  for (const auto& acceptor : acceptors) {
    ErrorCode error;
    const int descriptor = acceptor->release(error);
    if (!error) sockets->sockets.emplace_back(descriptor);
  }
  return sockets;
}

absl::Status HttpServer::Impl::Listen() {
  const std::string& name = state->options.listen;
  if (state->options.sockets != nullptr) return TakeSockets(*state->options.sockets);
  if (absl::Status valid = CheckEndpoint(name, /*for_listening=*/true); !valid.ok()) {
    return absl::InvalidArgumentError(StrCat("listen: ", ToStd(valid.message())));
  }
  if (name.starts_with(kUnixPrefix)) return absl::InvalidArgumentError("listen: must be HOST:PORT");
  const auto [host, service] = HostAndPort(name);
  ErrorCode error;
  const auto found = tcp::resolver(io).resolve(host, service, tcp::resolver::passive, error);
  if (error) return CannotListen(name, error);
  absl::Status status;
  for (const auto& entry : found) {
    // Whatever the name said: 0.0.0.0 is every address.
    if (state->terms->tls == nullptr && !entry.endpoint().address().is_loopback()) {
      return absl::InvalidArgumentError(
          StrCat("listen ", name, ": plain HTTP needs a loopback address"));
    }
    // A host may have names of addresses that it does not have now.
    const absl::Status listening = ListenAt(entry.endpoint());
    if (!listening.ok()) status = listening;
  }
  return acceptors.empty() ? status : absl::OkStatus();
}

void HttpServer::Impl::AcceptFrom(tcp::acceptor& acceptor) {
  if (!acceptor.is_open()) return;
  acceptor.async_accept([this, &acceptor](const ErrorCode& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      Take(std::move(socket));
      return AcceptFrom(acceptor);
    }
    auto pause = std::make_shared<asio::steady_timer>(io, kAcceptPause);
    pause->async_wait([this, &acceptor, pause](const ErrorCode&) { AcceptFrom(acceptor); });
  });
}

void HttpServer::Impl::Take(tcp::socket socket) {
  const bool full = state->connections >= state->options.limits.max_connections;
  if (full && !state->places.CloseOne()) return;
  ErrorCode error;
  const bool ipv6 = socket.local_endpoint(error).address().is_v6();
  const int descriptor = socket.release(error);
  if (!error) SpawnHttpConnection(io, descriptor, ipv6, state);
}

// The system has made connections that nobody has accepted: closing the acceptor would break them.
void HttpServer::Impl::TakeAllAndListenNoMore() {
  for (const auto& acceptor : acceptors) {
    ErrorCode error;
    acceptor->cancel(error);
    acceptor->non_blocking(true, error);
    while (!error) {
      tcp::socket socket(io);
      acceptor->accept(socket, error);
      if (!error) Take(std::move(socket));
    }
    acceptor->close(error);
  }
}

// Handlers throw where memory ends only, and one that does ends alone.
void HttpServer::Impl::Run() {
  while (true) {
    try {
      io.run();
      return;
    } catch (const std::exception& error) {
      Log(LogLevel::kError, StrCat("a connection ended: ", ReasonOf(error)));
    }
  }
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                              const HttpCallbacks& callbacks) {
  SOTTO_RETURN_IF_ERROR(TryDescriptors(options.limits.max_connections + kOtherDescriptors));
  auto impl = std::make_unique<Impl>(std::make_shared<HttpState>(options, callbacks));
  SOTTO_ASSIGN_OR_RETURN(impl->state->terms, InUse(options.terms));
  SOTTO_RETURN_IF_ERROR(impl->Listen());
  for (const auto& acceptor : impl->acceptors) impl->AcceptFrom(*acceptor);
  impl->thread = std::thread([running = impl.get()] { running->Run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::Stop() {
  impl_->io.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

int HttpServer::port() const { return impl_->port; }

std::shared_ptr<ListeningSockets> HttpServer::GiveUpSockets() {
  std::promise<std::shared_ptr<ListeningSockets>> given;
  asio::post(impl_->io, [&given, impl = impl_.get()] { given.set_value(impl->GiveUpSockets()); });
  return given.get_future().get();
}

absl::Status HttpServer::Renew(const HttpTerms& terms) {
  SOTTO_ASSIGN_OR_RETURN(std::shared_ptr<const HttpTermsInUse> in_use, InUse(terms));
  std::promise<void> changed;
  asio::post(impl_->io, [&] {
    impl_->state->terms = std::move(in_use);
    changed.set_value();
  });
  changed.get_future().wait();
  return absl::OkStatus();
}

void HttpServer::Drain(std::chrono::milliseconds timeout) {
  asio::post(impl_->io, [impl = impl_.get()] {
    impl->state->draining = true;
    impl->state->places.CloseServed();
  });
  std::unique_lock lock(impl_->state->mutex);
  impl_->state->ended.wait_for(lock, timeout, [this] { return impl_->state->exchanges == 0; });
}

void HttpServer::Close(std::chrono::milliseconds timeout) {
  std::promise<void> taken;
  asio::post(impl_->io, [&taken, impl = impl_.get()] {
    impl->TakeAllAndListenNoMore();
    taken.set_value();
  });
  taken.get_future().wait();
  std::unique_lock lock(impl_->state->mutex);
  impl_->state->ended.wait_for(lock, timeout, [this] { return impl_->state->connections == 0; });
}

}  // namespace sotto
