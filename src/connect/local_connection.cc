#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "base/strings.h"
#include "connect/coroutines.h"
#include "connect/exchange.h"
#include "connect/forwarded_headers.h"
#include "connect/local_error.h"
#include "connect/local_state.h"
#include "http/framing.h"
#include "http/read_head.h"

namespace sotto {
namespace {

// What is still on its way when a connection is closed is read this long, or so far: a socket that
// is closed over unread bytes may take the answer back.
constexpr std::chrono::milliseconds kLinger{1000};
constexpr size_t kLingerBytes = size_t{1} << 20;
constexpr size_t kReadBytes = size_t{64} << 10;
// To Boost 1.74 no limit at all is less than any length.
constexpr std::uint64_t kNoRequestLimit = std::numeric_limits<std::uint64_t>::max();

LocalError HeaderError(const ErrorCode& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return ErrorOfRequest(431, "the request's header is too large");
  }
  return IsBadHttp(error) ? ErrorOfRequest(400, "not an HTTP request") : NoError();
}

// A client's connection, from the first byte of a request to the last of an answer, again and
// again.
class LocalConnection {
 public:
  LocalConnection(tcp::socket socket, std::shared_ptr<LocalState> state)
      : state_(std::move(state)), stream_(std::move(socket)) {
    buffer_.max_size(limits().max_header_bytes + kReadBytes);
    const std::lock_guard lock(state_->mutex);
    ++state_->connections;
  }
  ~LocalConnection() {
    const std::lock_guard lock(state_->mutex);
    --state_->connections;
    state_->ended.notify_all();
  }
  LocalConnection(const LocalConnection&) = delete;
  LocalConnection& operator=(const LocalConnection&) = delete;

  asio::awaitable<void> Run() {
    while (true) {
      const bool there = co_await AwaitRequest();
      if (!there) break;
      const bool more = co_await ServeOne();
      if (!more) break;
    }
    co_await Close();
  }

 private:
  const ConnectLimits& limits() const { return state_->options.limits; }

  asio::awaitable<bool> AwaitRequest() {
    if (buffer_.size() > 0) co_return true;
    if (state_->draining) co_return false;
    stream_.expires_after(limits().idle_timeout);
    const auto place = state_->waiting.insert(state_->waiting.end(), [this] { stream_.cancel(); });
    ErrorCode error;
    const auto room = buffer_.prepare(kReadBytes);
    const size_t read = co_await stream_.async_read_some(room, Into(error));
    state_->waiting.erase(place);
    buffer_.commit(read);
    co_return !error;
  }

  std::optional<LocalError> Unfit(const Exchange::RequestParser& parser) const {
    if (const char* const wrong = FramingError(parser.get())) return ErrorOfRequest(400, wrong);
    const absl::Status forwardable = CheckForwardable(parser.get());
    if (!forwardable.ok()) return ErrorOfRequest(400, ToStd(forwardable.message()));
    const beast::string_view host = parser.get()[http::field::host];
    if (!state_->options.any_listen_address && !host.empty() &&
        !IsLoopbackHost({host.data(), host.size()})) {
      return ErrorOfRequest(421, "this is localhost, and the request's Host is another");
    }
    // What a page of another site has its visitor's browser send. Programs send no such header.
    if (parser.get()["Sec-Fetch-Site"] == "cross-site") {
      return ErrorOfRequest(403, "a page of another site may not ask here");
    }
    return std::nullopt;
  }

  // One request and its answer; whether there may be another.
  asio::awaitable<bool> ServeOne() {
    Exchange::RequestParser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits().max_header_bytes));
    parser.body_limit(kNoRequestLimit);
    stream_.expires_after(limits().header_timeout);
    const ErrorCode error = co_await ReadHead(stream_, buffer_, parser, kReadBytes);
    std::optional<LocalError> unfit;
    if (error) {
      unfit = HeaderError(error);
    } else {
      unfit = Unfit(parser);
    }
    if (unfit.has_value()) {
      co_await Refuse(*std::move(unfit));
      co_return false;
    }
    parser.eager(true);
    Exchange exchange(*state_, stream_, buffer_, parser);
    const bool more = co_await exchange.Run();
    co_return more;
  }

  asio::awaitable<void> Refuse(LocalError refusal) {
    if (refusal.status == 0) co_return;
    http::response<http::string_body> message(static_cast<http::status>(refusal.status), kHttp11);
    message.set(http::field::content_type, "application/json");
    message.body() = std::move(refusal.body);
    message.keep_alive(false);
    message.prepare_payload();
    ErrorCode ignored;
    stream_.expires_after(limits().progress_timeout);
    co_await http::async_write(stream_, message, Into(ignored));
  }

  asio::awaitable<void> Close() {
    ErrorCode error;
    stream_.expires_after(kLinger);
    stream_.socket().shutdown(tcp::socket::shutdown_send, error);
    HttpBuffer rest;
    for (size_t read = 0; !error && read < kLingerBytes;) {
      const auto room = rest.prepare(kReadBytes);
      const size_t bytes = co_await stream_.async_read_some(room, Into(error));
      read += bytes;
    }
  }

  const std::shared_ptr<LocalState> state_;
  beast::tcp_stream stream_;
  HttpBuffer buffer_;
};

asio::awaitable<void> RunLocalConnection(tcp::socket socket, std::shared_ptr<LocalState> state) {
  LocalConnection connection(std::move(socket), std::move(state));
  co_await connection.Run();
}

}  // namespace

void SpawnLocalConnection(tcp::socket socket, std::shared_ptr<LocalState> state) {
  ErrorCode ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  asio::io_context& io = state->io;
  asio::co_spawn(io, RunLocalConnection(std::move(socket), std::move(state)), asio::detached);
}

}  // namespace sotto
