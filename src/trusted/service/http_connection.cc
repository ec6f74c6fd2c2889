#include "trusted/service/http_connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <ctime>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "http/framing.h"
#include "http/read_head.h"
#include "trusted/service/exception_reason.h"
#include "trusted/service/http_parser.h"

namespace sotto {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using Buffer = beast::basic_flat_buffer<WipingAllocator<char>>;
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
constexpr size_t kWriteBytesPerSecond = size_t{256} << 10;

struct Answer {
  HttpResponse response;
  bool keep_alive = false;
};

// A handler's answer on its way to the connection's thread.
struct PendingReply {
  explicit PendingReply(asio::io_context& io) : timer(io) {}
  bool over = false;
  std::optional<HttpResponse> response;  // Nullopt: there is none, and will be none if it is over.
  asio::steady_timer timer;              // Cancelled when it is over.
};

// What a handler answers by. One that lets go of it without a word, as where memory ends in the
// middle of its work, is over too: a client is not left waiting.
class ReplyOnce {
 public:
  ReplyOnce(asio::io_context& io, std::shared_ptr<PendingReply> pending)
      : io_(io), pending_(std::move(pending)) {}
  ~ReplyOnce() {
    try {
      Tell(std::nullopt);
    } catch (const std::exception& error) {
      Log(LogLevel::kError, StrCat("an answer is lost: ", ReasonOf(error)));
    }
  }
  ReplyOnce(const ReplyOnce&) = delete;
  ReplyOnce& operator=(const ReplyOnce&) = delete;

  // What comes first counts.
  void Tell(std::optional<HttpResponse> response) {
    if (pending_ == nullptr) return;
    asio::post(io_, [pending = pending_, response = std::move(response)]() mutable {
      pending->response = std::move(response);
      pending->over = true;
      pending->timer.cancel();
    });
    pending_ = nullptr;
  }

 private:
  asio::io_context& io_;
  std::shared_ptr<PendingReply> pending_;  // Null once it is over.
};

bool PeerHasLeft(int descriptor) {
  pollfd polled{.fd = descriptor, .events = POLLRDHUP, .revents = 0};
  return poll(&polled, 1, /*timeout=*/0) > 0 &&
         (polled.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

std::string_view ToView(beast::string_view text) { return {text.data(), text.size()}; }
std::string ToStdString(beast::string_view text) { return std::string(ToView(text)); }

// Without a query; of "http://host/path", as proxies are asked, what is behind the host.
std::string PathOf(std::string target) {
  target.resize(std::min(target.find('?'), target.size()));
  const size_t scheme = target.starts_with('/') ? std::string::npos : target.find("://");
  if (scheme == std::string::npos) return target;
  const size_t path = target.find('/', scheme + 3);
  return path == std::string::npos ? "/" : target.substr(path);
}

// What follows '?'.
std::string QueryOf(const std::string& target) {
  const size_t mark = target.find('?');
  return mark == std::string::npos ? std::string() : target.substr(mark + 1);
}

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  return {text.data(),
          std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

// Of a header or body that could not be read; 0: there is nobody to answer, as
// after a timeout, which closes the socket.
int StatusOfReadError(const ErrorCode& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  return error.category() == http::make_error_code(http::error::bad_method).category() ? 400 : 0;
}

bool IsEncoded(std::string_view content_encoding) {
  return !content_encoding.empty() && content_encoding != "identity";
}

// The answer to those who speak plain HTTP where there is TLS.
constexpr std::string_view kWantsTls =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 45\r\n"
    "Connection: close\r\n\r\nplain HTTP at a port of HTTPS: use https://\r\n";

bool IsPlainHttp(const ErrorCode& error) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
}

// Empty, too, where OpenSSL has none.
SecretString ExporterOf(SSL* connection, const std::string& label) {
  if (label.empty()) return {};
  SecretString bytes(kExporterBytes, '\0');
  const bool made =
      SSL_export_keying_material(connection, reinterpret_cast<unsigned char*>(bytes.data()),
                                 bytes.size(), label.data(), label.size(), nullptr, 0, 0) == 1;
  return made ? bytes : SecretString();
}

const char* MessageOfStatus(int status) {
  switch (status) {
    case 413:
      return "the request's body is too large";
    case 429:
      return "too many requests are being read";
    case 431:
      return "the request's header is too large";
    case 500:
      return "the server could not finish this request";
    case 504:
      return "the request took too long";
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
  Connection(asio::io_context& io, std::shared_ptr<HttpState> state,
             std::shared_ptr<const HttpTermsInUse> terms, std::unique_ptr<HttpCount> count,
             Args&&... args)
      : io_(io),
        state_(std::move(state)),
        terms_(std::move(terms)),
        count_(std::move(count)),
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
      if (!error) exporter_ = ExporterOf(stream_.native_handle(), terms_->exporter_label);
      if (IsPlainHttp(error)) {
        co_await asio::async_write(lowest(), asio::buffer(kWantsTls),
                                   asio::redirect_error(asio::use_awaitable, error));
        co_await Linger();
        co_return false;
      }
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

  // Of what was read only the beginning of the next request stays, if it has come.
  void WipeRead() {
    Buffer rest;
    rest.max_size(buffer_.max_size());
    rest.commit(asio::buffer_copy(rest.prepare(buffer_.size()), buffer_.data()));
    buffer_ = std::move(rest);
  }

  // One request and its answer; whether there may be another.
  asio::awaitable<bool> ServeOne() {
    HttpParser parser;
    SetLimits(parser, limits());
    lowest().expires_after(limits().header_timeout);
    const ErrorCode unread = co_await ReadHead(stream_, buffer_, parser, kReadBytes);
    if (unread) {
      Answer refusal = Refusal(StatusOfReadError(unread));
      co_await Write(refusal.response, false);
      co_return false;
    }
    version_ = parser.get().version();
    head_only_ = parser.get().method() == http::verb::head;
    if (const char* const wrong = FramingError(parser.get())) {
      HttpResponse refusal = state_->callbacks.error(400, wrong, {});
      co_await Write(refusal, false);
      co_return false;
    }
    if (IsEncoded(ToView(parser.get()[http::field::content_encoding]))) {
      HttpResponse refusal = state_->callbacks.error(
          415, "Content-Encoding: is not supported: send the body as it is", {});
      co_await Write(refusal, false);
      co_return false;
    }
    const HttpCount exchange(*state_, &HttpState::exchanges);
    Answer answer = co_await AnswerTo(parser);
    // One that has other terms than those who come is to be made anew.
    const bool keep = answer.keep_alive && !state_->draining && terms_ == state_->terms;
    WipeRead();
    const bool written = co_await Write(answer.response, keep);
    place_->served = true;
    const bool more = written && keep;
    co_return more;
  }

  // A status of 0 in the answer: the client has left.
  asio::awaitable<Answer> AnswerTo(HttpParser& parser) {
    const auto& header = parser.get();
    const std::string target = ToStdString(header.target());
    HttpRequest request{
        .head = {.method = ToStdString(header.method_string()),
                 .path = PathOf(target),
                 .query = QueryOf(target),
                 .authorization = SecretString(ToView(header[http::field::authorization])),
                 .has_body = !parser.is_done()},
        .exporter = exporter_,
        .identity = terms_->identity};
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
    WipeRead();
    Answer answer;
    answer.response = co_await HandlersAnswer(request);
    answer.keep_alive = keep;
    co_return answer;
  }

  Answer Refusal(int status) {
    if (status == 0) return {HttpResponse{.status = 0}, false};
    return {state_->callbacks.error(status, MessageOfStatus(status), {}), false};
  }

  asio::awaitable<int> ReadBody(HttpParser& parser) {
    ErrorCode error;
    lowest().expires_after(limits().body_timeout);
    const bool asked =
        version_ >= 11 && beast::iequals(parser.get()[http::field::expect], "100-continue");
    if (!parser.is_done() && asked) {
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
    const std::string path = request.head.path;
    state_->callbacks.handle(std::move(request),
                             [once = std::make_shared<ReplyOnce>(io_, pending)](
                                 HttpResponse response) { once->Tell(std::move(response)); });
    const auto late = std::chrono::steady_clock::now() + limits().handler_timeout;
    while (!pending->over) {
      ErrorCode error;
      pending->timer.expires_after(kPeerCheck);
      co_await pending->timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
      if (pending->over) break;
      const bool is_late = std::chrono::steady_clock::now() >= late;
      if (!is_late && !PeerHasLeft(lowest().socket().native_handle())) continue;
      left.request_stop();
      if (is_late) co_return state_->callbacks.error(504, MessageOfStatus(504), path);
      co_return HttpResponse{.status = 0};
    }
    if (!pending->response.has_value()) {
      co_return state_->callbacks.error(500, MessageOfStatus(500), path);
    }
    co_return *std::move(pending->response);
  }

  asio::awaitable<bool> Write(HttpResponse& response, bool keep_alive) {
    if (response.status == 0) co_return false;
    http::response<HttpBody> message(static_cast<http::status>(response.status), version_);
    message.set(http::field::date, HttpDate());
    message.set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : terms_->headers) message.set(name, value);
    for (const auto& [name, value] : response.headers) message.set(name, value);
    const size_t size = response.body.size();
    if (!head_only_) message.body() = std::move(response.body);
    message.prepare_payload();
    if (head_only_) message.content_length(size);  // Of the answer to GET.
    message.keep_alive(keep_alive);
    const auto last = std::chrono::steady_clock::now() + limits().write_timeout +
                      std::chrono::seconds(message.body().size() / kWriteBytesPerSecond);
    http::response_serializer<HttpBody> serializer(message);
    // A header and a body in one call would be copied together, to memory that is not wiped.
    serializer.split(true);
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
    co_await Linger();
  }

  asio::awaitable<void> Linger() {
    ErrorCode error;
    lowest().expires_after(kLinger);
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
  const std::shared_ptr<const HttpTermsInUse> terms_;
  std::unique_ptr<HttpCount> count_;  // Among the connections.
  Stream stream_;
  Buffer buffer_;
  HttpPlaces::Place place_;
  SecretString exporter_;   // Of TLS, once the handshake is done.
  unsigned version_ = 11;   // Of HTTP, as the last request had it.
  bool head_only_ = false;  // Its answer has no body.
};

template <typename Stream, typename... Args>
asio::awaitable<void> RunConnection(asio::io_context& io, std::shared_ptr<HttpState> state,
                                    std::shared_ptr<const HttpTermsInUse> terms,
                                    std::unique_ptr<HttpCount> count, tcp::socket socket,
                                    Args&... args) {
  Connection<Stream> connection(io, std::move(state), std::move(terms), std::move(count),
                                std::move(socket), args...);
  co_await connection.Run();
}

}  // namespace

void SpawnHttpConnection(asio::io_context& io, int descriptor, bool ipv6,
                         std::shared_ptr<HttpState> state) {
  tcp::socket socket(io, ipv6 ? tcp::v6() : tcp::v4(), descriptor);
  ErrorCode ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  std::shared_ptr<const HttpTermsInUse> terms = state->terms;
  // Before its coroutine begins: whoever waits until there are no connections waits for it, too.
  auto count = std::make_unique<HttpCount>(*state, &HttpState::connections);
  if (terms->tls == nullptr) {
    asio::co_spawn(io,
                   RunConnection<beast::tcp_stream>(io, std::move(state), std::move(terms),
                                                    std::move(count), std::move(socket)),
                   asio::detached);
  } else {
    asio::ssl::context& tls = *terms->tls;
    asio::co_spawn(
        io,
        // Beast's own would copy answers, and not wipe the copies.
        RunConnection<asio::ssl::stream<beast::tcp_stream>>(
            io, std::move(state), std::move(terms), std::move(count), std::move(socket), tls),
        asio::detached);
  }
}

}  // namespace sotto
