// One TLS connection to a service: until somebody has judged it, it may lead anywhere.
#ifndef SOTTO_CONNECT_SERVICE_CONNECTION_H_
#define SOTTO_CONNECT_SERVICE_CONNECTION_H_

#include <chrono>
#include <memory>
#include <string>

#include "base/wiping_allocator.h"
#include "connect/coroutines.h"
#include "connect/options.h"
#include "connect/service_verdict.h"

namespace sotto {

// A question to the service about itself.
struct ControlRequest {
  http::verb method = http::verb::get;
  std::string target = {};
  std::string authorization = {};  // Empty: none.
  SecretString body = {};          // JSON; empty: none.
  // Until the answer has come; zero: ConnectLimits::control_timeout.
  std::chrono::milliseconds timeout{0};
};
struct ControlReply {
  unsigned status = 0;
  std::string body = {};
};

// TLS 1.3 without resumption, so that each connection has an exporter of its own. Certificates are
// not judged unless there are authorities. INVALID_ARGUMENT for authorities that are no PEM.
absl::StatusOr<std::shared_ptr<asio::ssl::context>> MakeServiceTls(const ConnectOptions& options);

// Of one thread. A call that failed leaves a connection that is of no more use.
class ServiceConnection {
 public:
  using Stream = beast::ssl_stream<beast::tcp_stream>;

  // All outlive it.
  ServiceConnection(asio::io_context& io, asio::ssl::context& tls, const ConnectOptions& options);
  ServiceConnection(const ServiceConnection&) = delete;
  ServiceConnection& operator=(const ServiceConnection&) = delete;

  // UNAVAILABLE, DEADLINE_EXCEEDED, or PERMISSION_DENIED where the authorities do not know the
  // certificate.
  asio::awaitable<absl::Status> Open();
  // UNAVAILABLE or DEADLINE_EXCEEDED. The reply is at most kMaxControlBytes long.
  asio::awaitable<absl::StatusOr<ControlReply>> Ask(ControlRequest request);
  static constexpr size_t kMaxControlBytes = size_t{1} << 20;

  // REQUIRES: Open().
  ServiceConnectionFacts Facts() const;
  absl::StatusOr<std::string> Exporter();

  // Whether there may be another request on it: the service has neither closed it nor said
  // anything unasked.
  bool IsQuiet();
  Stream& stream() { return stream_; }
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }
  HttpBuffer& buffer() { return buffer_; }
  void SetReusable(bool reusable) { reusable_ = reusable; }
  // False where the other end has said that it closes it, too.
  bool reusable() const { return reusable_; }

  // Whose it is, once that is proven.
  std::shared_ptr<const ServiceVerdict> service = {};
  std::chrono::steady_clock::time_point idle_since = {};

 private:
  absl::Status ExpectHost();

  asio::io_context& io_;
  const ConnectOptions& options_;
  Stream stream_;
  HttpBuffer buffer_;
  bool reusable_ = true;
};

// Of an error of the connection's: what was tried, as "connecting".
absl::Status ServiceError(std::string_view what, const ErrorCode& error);

}  // namespace sotto

#endif  // SOTTO_CONNECT_SERVICE_CONNECTION_H_
