#include "connect/connector.h"

#include <exception>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/strings.h"
#include "connect/local_state.h"
#include "connect/receipt_keeper.h"
#include "protocol/endpoint.h"

namespace sotto {
namespace {

// After a failed accept(), for example for want of descriptors.
constexpr std::chrono::milliseconds kAcceptPause{50};
// How often connections to the service that nobody uses are looked through.
constexpr std::chrono::seconds kIdleCheck{15};

absl::Status CannotListenLocally(const std::string& endpoint, const ErrorCode& error) {
  return absl::UnavailableError(StrCat("listen ", endpoint, ": ", error.message()));
}

// "[::1]:80" -> "::1", "80".
std::pair<std::string, std::string> SplitEndpoint(const std::string& endpoint) {
  const size_t colon = endpoint.rfind(':');
  std::string host = endpoint.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, endpoint.substr(colon + 1)};
}

}  // namespace

struct Connector::Impl {
  absl::Status Listen();
  absl::Status ListenAt(const tcp::endpoint& endpoint);
  void AcceptFrom(tcp::acceptor& acceptor);
  void CloseIdleLater();
  void Run();

  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  std::shared_ptr<LocalState> state;
  asio::steady_timer idle_check{io};
  std::vector<std::unique_ptr<tcp::acceptor>> acceptors;
  unsigned short port = 0;
  std::thread thread;
};

absl::Status Connector::Impl::ListenAt(const tcp::endpoint& endpoint) {
  auto acceptor = std::make_unique<tcp::acceptor>(io);
  ErrorCode error, ignored;
  const std::string& name = state->options.listen;
  acceptor->open(endpoint.protocol(), error);
  if (error) return CannotListenLocally(name, error);
  acceptor->set_option(tcp::acceptor::reuse_address(true), ignored);
  if (endpoint.address().is_v6()) acceptor->set_option(asio::ip::v6_only(true), ignored);
  acceptor->bind({endpoint.address(), port != 0 ? port : endpoint.port()}, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) return CannotListenLocally(name, error);
  port = acceptor->local_endpoint(error).port();
  acceptors.push_back(std::move(acceptor));
  return absl::OkStatus();
}

absl::Status Connector::Impl::Listen() {
  const std::string& name = state->options.listen;
  const absl::Status valid = CheckEndpoint(name, /*for_listening=*/true);
  if (!valid.ok() || name.starts_with(kUnixPrefix)) {
    return absl::InvalidArgumentError("listen: must be HOST:PORT");
  }
  const auto [host, service] = SplitEndpoint(name);
  ErrorCode error;
  const auto found = tcp::resolver(io).resolve(host, service, tcp::resolver::passive, error);
  if (error) return CannotListenLocally(name, error);
  absl::Status status;
  for (const auto& entry : found) {
    if (!state->options.any_listen_address && !entry.endpoint().address().is_loopback()) {
      return absl::InvalidArgumentError(
          StrCat("listen ", name, ": prompts come in plain HTTP, on a loopback address only"));
    }
    // A host may have names of addresses that it does not have now.
    const absl::Status listening = ListenAt(entry.endpoint());
    if (!listening.ok()) status = listening;
  }
  return acceptors.empty() ? status : absl::OkStatus();
}

void Connector::Impl::AcceptFrom(tcp::acceptor& acceptor) {
  acceptor.async_accept([this, &acceptor](const ErrorCode& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      if (state->connections < state->options.limits.max_connections) {
        SpawnLocalConnection(std::move(socket), state);
      }
      return AcceptFrom(acceptor);
    }
    auto pause = std::make_shared<asio::steady_timer>(io, kAcceptPause);
    pause->async_wait([this, &acceptor, pause](const ErrorCode&) { AcceptFrom(acceptor); });
  });
}

void Connector::Impl::CloseIdleLater() {
  idle_check.expires_after(kIdleCheck);
  idle_check.async_wait([this](const ErrorCode& error) {
    if (error) return;
    state->pool.CloseIdle();
    CloseIdleLater();
  });
}

// Handlers throw where memory ends only, and one that does ends alone.
void Connector::Impl::Run() {
  while (true) {
    try {
      io.run();
      return;
    } catch (const std::exception& error) {
      Log(LogLevel::kError, StrCat("a connection ended: ", std::string_view(error.what())));
    }
  }
}

absl::StatusOr<std::unique_ptr<Connector>> Connector::Create(const ConnectOptions& options) {
  if (options.receipts_dir.has_value()) {
    SOTTO_RETURN_IF_ERROR(ReceiptKeeper::Prepare(*options.receipts_dir));
  }
  SOTTO_ASSIGN_OR_RETURN(std::shared_ptr<asio::ssl::context> tls, MakeServiceTls(options));
  auto impl = std::make_unique<Impl>();
  impl->state = std::make_shared<LocalState>(impl->io, options, std::move(tls));
  impl->CloseIdleLater();
  impl->thread = std::thread([running = impl.get()] { running->Run(); });
  return std::unique_ptr<Connector>(new Connector(std::move(impl)));
}

Connector::Connector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Connector::~Connector() { Stop(); }

absl::StatusOr<ServiceVerdict> Connector::Verify() {
  std::promise<absl::StatusOr<ServiceVerdict>> promise;
  auto future = promise.get_future();
  asio::co_spawn(
      impl_->io, impl_->state->pool.Verify(),
      [&promise](const std::exception_ptr& failed, absl::StatusOr<ServiceVerdict> verdict) {
        if (failed != nullptr) verdict = absl::InternalError("no memory");
        promise.set_value(std::move(verdict));
      });
  return future.get();
}

absl::Status Connector::Listen() {
  std::promise<absl::Status> promise;
  auto future = promise.get_future();
  asio::post(impl_->io, [&promise, impl = impl_.get()] {
    const absl::Status listening = impl->Listen();
    if (listening.ok()) {
      for (const auto& acceptor : impl->acceptors) impl->AcceptFrom(*acceptor);
    }
    promise.set_value(listening);
  });
  return future.get();
}

int Connector::port() const { return impl_->port; }

void Connector::Drain(std::chrono::milliseconds timeout) {
  asio::post(impl_->io, [impl = impl_.get()] {
    ErrorCode ignored;
    for (const auto& acceptor : impl->acceptors) acceptor->close(ignored);
    for (const auto& end : impl->state->waiting) end();
    const std::lock_guard now(impl->state->mutex);
    impl->state->draining = true;
    impl->state->ended.notify_all();
  });
  std::unique_lock lock(impl_->state->mutex);
  impl_->state->ended.wait_for(lock, timeout, [state = impl_->state.get()] {
    return state->draining && state->connections == state->unsent;
  });
}

void Connector::Stop() {
  impl_->io.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace sotto
