// clang 14, of the sanitizers and the linter, has coroutines but does not say so; Asio 1.74 asks.
#if defined(__clang__) && __clang_major__ < 15
#define __cpp_impl_coroutine 201902L  // NOLINT(bugprone-reserved-identifier)
#define BOOST_ASIO_HAS_CO_AWAIT
#define BOOST_ASIO_HAS_STD_COROUTINE
#endif

#include "trusted/service/http_connection.h"

#include <poll.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/strings.h"
#include "http/framing.h"

namespace sotto {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using Buffer = beast::basic_flat_buffer<WipingAllocator<char>>;
using Body = http::basic_string_body<char, std::char_traits<char>, WipingAllocator<char>>;
using Parser = http::request_parser<Body>;
using std::chrono::milliseconds;

// How often a client whose request is computed is asked whether it is still there.
constexpr milliseconds kPeerCheck{200};
// What is still on its way when a connection is closed is read this long, or so far: a socket that
// is closed over unread bytes may take the answer back.
constexpr milliseconds kLinger{1000};
constexpr size_t kLingerBytes = size_t{1} << 20;
// How long a connection that has not asked anything yet may still ask while the server drains: it
// gets its answer, 503, and no broken connection.
constexpr milliseconds kLastRequest{1000};
constexpr size_t kReadBytes = size_t{4} << 10;
constexpr size_t kWriteBytesPerSecond = size_t{64} << 10;

struct Answer {
  HttpResponse response;
  bool keep_alive = false;
};

// A handler's answer on its way to the connection's thread.
struct PendingReply {
  explicit PendingReply(asio::io_context& io) : timer(io) {}
  std::optional<HttpResponse> response;
  asio::steady_timer timer;  // Cancelled when there is one.
};

bool PeerHasLeft(int descriptor) {
  pollfd polled{.fd = descriptor, .events = POLLRDHUP, .revents = 0};
  return poll(&polled, 1, /*timeout=*/0) > 0 &&
         (polled.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

std::string ToStdString(beast::string_view text) { return {text.data(), text.size()}; }

// Of a header or body that could not be read; 0: there is nobody to answer, as after a timeout,
// which closes the socket.
int StatusOfReadError(const ErrorCode& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  return error.category() == http::make_error_code(http::error::bad_method).category() ? 400 : 0;
}

const char* MessageOfStatus(int status) {
  switch (status) {
    case 413:
      return "the request's body is too large";
    case 429:
      return "too many requests are being read";
    case 431:
      return "the request's header is too large";
    default:
      return "not an HTTP request";
  }
}

// Each co_await is a statement of its own, and what it passes on a variable: g++ 12 miscompiles
// some that stand inside conditions and other expressions.
template <typename Stream>
class Connection {
 public:
  template <typename... Args>
  Connection(asio::io_context& io, std::shared_ptr<HttpState> state, Args&&... args)
      : io_(io),
        state_(std::move(state)),
        count_(std::in_place, *state_, &HttpState::connections),
        stream_(std::forward<Args>(args)...) {
    place_ =
        state_->places.Add({.close_now =
                                [this] {
                                  ErrorCode ignored;
                                  lowest().socket().shutdown(tcp::socket::shutdown_both, ignored);
                                },
                            .close = [this] { lowest().cancel(); }});
    state_->callbacks.connections(state_->connections);
    buffer_.max_size(limits().max_header_bytes + kReadBytes);
  }
  ~Connection() {
    HttpPlaces::Remove(place_);
    count_.reset();
    state_->callbacks.connections(state_->connections);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  asio::awaitable<void> Run() {
    const bool secure = co_await Handshake();
    if (!secure) co_return;
    while (true) {
      const bool there = co_await AwaitRequest();
      if (!there) break;
      const bool more = co_await ServeOne();
      if (!more) break;
    }
    co_await Close();
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  const HttpLimits& limits() const { return state_->options.limits; }
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  asio::awaitable<bool> Handshake() {
    if constexpr (kTls) {
      lowest().expires_after(limits().header_timeout);
      ErrorCode error;
      co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                       asio::redirect_error(asio::use_awaitable, error));
      co_return !error;
    }
    co_return true;
  }

  // Until there is a byte of a request; false when there will be none. Meanwhile the server may
  // close the connection.
  asio::awaitable<bool> AwaitRequest() {
    if (buffer_.size() > 0) co_return true;
    if (state_->draining && place_->served) co_return false;
    lowest().expires_after(state_->draining ? kLastRequest : limits().idle_timeout);
    state_->places.SetWaiting(place_, true);
    ErrorCode error;
    const size_t bytes = co_await stream_.async_read_some(
        buffer_.prepare(kReadBytes), asio::redirect_error(asio::use_awaitable, error));
    buffer_.commit(bytes);
    state_->places.SetWaiting(place_, false);
    co_return !error;
  }

  // One request and its answer; whether there may be another.
  asio::awaitable<bool> ServeOne() {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits().max_header_bytes));
    parser.body_limit(limits().max_body_bytes);
    lowest().expires_after(limits().header_timeout);
    ErrorCode error;
    co_await http::async_read_header(stream_, buffer_, parser,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      Answer refusal = Refusal(StatusOfReadError(error));
      co_await Write(refusal.response, false);
      co_return false;
    }
    version_ = parser.get().version();
    head_only_ = parser.get().method() == http::verb::head;
    if (const char* const wrong = FramingError(parser.get())) {
      HttpResponse refusal = state_->callbacks.error(400, wrong);
      co_await Write(refusal, false);
      co_return false;
    }
    const HttpCount exchange(*state_, &HttpState::exchanges);
    Answer answer = co_await AnswerTo(parser);
    const bool keep = answer.keep_alive && !state_->draining;
    const bool written = co_await Write(answer.response, keep);
    place_->served = true;
    const bool more = written && keep;
    co_return more;
  }

  // A status of 0 in the answer: the client has left.
  asio::awaitable<Answer> AnswerTo(Parser& parser) {
    const auto& header = parser.get();
    const std::string target = ToStdString(header.target());
    HttpRequest request{.head = {.method = ToStdString(header.method_string()),
                                 .path = target.substr(0, target.find('?')),
                                 .authorization = ToStdString(header[http::field::authorization]),
                                 .has_body = !parser.is_done()}};
    const bool has_body = request.head.has_body;
    const bool keep = header.keep_alive();
    HttpAdmission admission = state_->callbacks.admit(request.head);
    if (admission.known) state_->places.SetKnown(place_);
    if (admission.refusal.has_value()) {
      co_return Answer{*std::move(admission.refusal), keep && !has_body};
    }
    const size_t size = parser.content_length().value_or(has_body ? limits().max_body_bytes : 0);
    request.lease = state_->bodies.Take(size);
    if (request.lease == nullptr) co_return Refusal(429);
    const int status = co_await ReadBody(parser);
    if (status != 200) co_return Refusal(status);
    request.body = std::move(parser.get().body());
    Answer answer;
    answer.response = co_await HandlersAnswer(request);
    answer.keep_alive = keep;
    co_return answer;
  }

  Answer Refusal(int status) {
    if (status == 0) return {HttpResponse{.status = 0}, false};
    return {state_->callbacks.error(status, MessageOfStatus(status)), false};
  }

  asio::awaitable<int> ReadBody(Parser& parser) {
    ErrorCode error;
    lowest().expires_after(limits().body_timeout);
    if (!parser.is_done() && beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on(http::status::continue_, 11);
      co_await http::async_write(stream_, go_on, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return 0;
    }
    if (parser.is_done()) co_return 200;
    co_await http::async_read(stream_, buffer_, parser,
                              asio::redirect_error(asio::use_awaitable, error));
    co_return error ? StatusOfReadError(error) : 200;
  }

  asio::awaitable<HttpResponse> HandlersAnswer(HttpRequest& request) {
    lowest().expires_never();
    auto pending = std::make_shared<PendingReply>(io_);
    std::stop_source left;
    request.left = left.get_token();
    state_->callbacks.handle(std::move(request), [&io = io_, pending](HttpResponse response) {
      asio::post(io, [pending, response = std::move(response)]() mutable {
        pending->response = std::move(response);
        pending->timer.cancel();
      });
    });
    while (!pending->response.has_value()) {
      ErrorCode error;
      pending->timer.expires_after(kPeerCheck);
      co_await pending->timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
      if (pending->response.has_value() || !PeerHasLeft(lowest().socket().native_handle()))
        continue;
      left.request_stop();
      co_return HttpResponse{.status = 0};
    }
    co_return *std::move(pending->response);
  }

  asio::awaitable<bool> Write(HttpResponse& response, bool keep_alive) {
    if (response.status == 0) co_return false;
    http::response<Body> message(static_cast<http::status>(response.status), version_);
    message.set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) message.set(name, value);
    if (!head_only_) message.body() = std::move(response.body);
    message.prepare_payload();
    message.keep_alive(keep_alive);
    const auto last = std::chrono::steady_clock::now() + limits().write_timeout +
                      std::chrono::seconds(message.body().size() / kWriteBytesPerSecond);
    http::response_serializer<Body> serializer(message);
    while (!serializer.is_done()) {
      const auto now = std::chrono::steady_clock::now();
      lowest().expires_at(std::min(last, now + limits().write_timeout));
      ErrorCode error;
      co_await http::async_write_some(stream_, serializer,
                                      asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return false;
    }
    co_return true;
  }

  asio::awaitable<void> Close() {
    ErrorCode error;
    lowest().expires_after(kLinger);
    if constexpr (kTls) {
      co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
    }
    lowest().socket().shutdown(tcp::socket::shutdown_send, error);
    Buffer rest;
    for (size_t read = 0; !error && read < kLingerBytes;) {
      const size_t bytes = co_await lowest().async_read_some(
          rest.prepare(kReadBytes), asio::redirect_error(asio::use_awaitable, error));
      read += bytes;
    }
  }

  asio::io_context& io_;
  const std::shared_ptr<HttpState> state_;
  std::optional<HttpCount> count_;  // Among the connections.
  Stream stream_;
  Buffer buffer_;
  HttpPlaces::Place place_;
  unsigned version_ = 11;   // Of HTTP, as the last request had it.
  bool head_only_ = false;  // Its answer has no body.
};

template <typename Stream, typename... Args>
asio::awaitable<void> RunConnection(asio::io_context& io, std::shared_ptr<HttpState> state,
                                    tcp::socket socket, Args&... args) {
  Connection<Stream> connection(io, std::move(state), std::move(socket), args...);
  co_await connection.Run();
}

}  // namespace

void SpawnHttpConnection(asio::io_context& io, asio::ssl::context* tls, int descriptor, bool ipv6,
                         std::shared_ptr<HttpState> state) {
  tcp::socket socket(io, ipv6 ? tcp::v6() : tcp::v4(), descriptor);
  ErrorCode ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (tls == nullptr) {
    asio::co_spawn(io, RunConnection<beast::tcp_stream>(io, std::move(state), std::move(socket)),
                   asio::detached);
  } else {
    asio::co_spawn(io,
                   RunConnection<beast::ssl_stream<beast::tcp_stream>>(io, std::move(state),
                                                                       std::move(socket), *tls),
                   asio::detached);
  }
}

}  // namespace sotto
