#include "connect/service_connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "attest/certificates.h"
#include "attest/channel_proof.h"
#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr size_t kReadAheadBytes = size_t{64} << 10;

using AskedBody = http::basic_string_body<char, std::char_traits<char>, WipingAllocator<char>>;

bool IsAddress(const std::string& host) {
  ErrorCode error;
  asio::ip::make_address(host, error);
  return !error;
}

}  // namespace

absl::Status ServiceError(std::string_view what, const ErrorCode& error) {
  const std::string message = StrCat("the service: ", what, ": ", error.message());
  if (error == beast::error::timeout) return absl::DeadlineExceededError(message);
  return absl::UnavailableError(message);
}

absl::StatusOr<std::shared_ptr<asio::ssl::context>> MakeServiceTls(const ConnectOptions& options) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
  SSL_CTX_set_options(native, SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  ErrorCode error;
  if (!options.authorities.has_value()) {
    // The key that the quote vouches for is the identity. That the server holds it, TLS proves.
    context->set_verify_mode(asio::ssl::verify_none, error);
    return context;
  }
  context->add_certificate_authority(asio::buffer(*options.authorities), error);
  if (error) return absl::InvalidArgumentError("authorities: no PEM certificates");
  context->set_verify_mode(asio::ssl::verify_peer, error);
  return context;
}

ServiceConnection::ServiceConnection(asio::io_context& io, asio::ssl::context& tls,
                                     const ConnectOptions& options)
    : io_(io), options_(options), stream_(io, tls) {
  buffer_.max_size(options.limits.max_header_bytes + kReadAheadBytes);
}

absl::Status ServiceConnection::ExpectHost() {
  SSL* const ssl = stream_.native_handle();
  const std::string& host = options_.service.host;
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  const bool address = IsAddress(host);
  const int set = address ? X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str())
                          : X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size());
  if (set != 1 || (!address && SSL_set_tlsext_host_name(ssl, host.c_str()) != 1)) {
    return absl::InvalidArgumentError("the service's name cannot be used with TLS");
  }
  return absl::OkStatus();
}

asio::awaitable<absl::Status> ServiceConnection::Open() {
  const absl::Status named = ExpectHost();
  if (!named.ok()) co_return named;
  ErrorCode error;
  tcp::resolver resolver(io_);
  const auto found =
      co_await resolver.async_resolve(options_.service.host, options_.service.port, Into(error));
  if (error) co_return ServiceError("looking its name up", error);
  lowest().expires_after(options_.limits.connect_timeout);
  co_await lowest().async_connect(found, Into(error));
  if (error) co_return ServiceError("connecting", error);
  ErrorCode ignored;
  lowest().socket().set_option(tcp::no_delay(true), ignored);
  co_await stream_.async_handshake(asio::ssl::stream_base::client, Into(error));
  if (!error) co_return absl::OkStatus();
  const long verified = SSL_get_verify_result(stream_.native_handle());
  if (options_.authorities.has_value() && verified != X509_V_OK) {
    co_return absl::PermissionDeniedError(StrCat("the service is refused: tls.certificate (",
                                                 X509_verify_cert_error_string(verified), ")"));
  }
  co_return ServiceError("TLS", error);
}

asio::awaitable<absl::StatusOr<ControlReply>> ServiceConnection::Ask(ControlRequest request) {
  http::request<AskedBody> message(request.method, request.target, kHttp11);
  message.set(http::field::host, options_.service.Authority());
  message.set(http::field::accept, "application/json");
  if (!request.authorization.empty()) {
    message.set(http::field::authorization, request.authorization);
  }
  if (!request.body.empty()) message.set(http::field::content_type, "application/json");
  message.body() = std::move(request.body);
  message.prepare_payload();
  ErrorCode error;
  const bool patient = request.timeout > std::chrono::milliseconds::zero();
  lowest().expires_after(patient ? request.timeout : options_.limits.control_timeout);
  co_await http::async_write(stream_, message, Into(error));
  if (error) co_return ServiceError("asking", error);
  http::response_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(options_.limits.max_header_bytes));
  parser.body_limit(kMaxControlBytes);
  co_await http::async_read(stream_, buffer_, parser, Into(error));
  if (error) co_return ServiceError("reading its answer", error);
  reusable_ = reusable_ && parser.keep_alive();
  co_return ControlReply{.status = parser.get().result_int(),
                         .body = std::move(parser.get().body())};
}

ServiceConnectionFacts ServiceConnection::Facts() const {
  SSL* const ssl = const_cast<Stream&>(stream_).native_handle();
  X509* const certificate = SSL_get0_peer_certificate(ssl);
  SOTTO_CHECK(certificate != nullptr);  // TLS 1.3 servers show one.
  return {.host = options_.service.host,
          .tls_spki_sha256 = absl::BytesToHexString(Sha256Bytes(PublicKeyOf(certificate)))};
}

absl::StatusOr<std::string> ServiceConnection::Exporter() {
  std::string value(kChannelExporterBytes, '\0');
  const int exported = SSL_export_keying_material(
      stream_.native_handle(), reinterpret_cast<unsigned char*>(value.data()), value.size(),
      kChannelExporterLabel.data(), kChannelExporterLabel.size(), nullptr, 0, /*use_context=*/0);
  if (exported != 1) return absl::InternalError("TLS exports no keying material");
  return value;
}

bool ServiceConnection::IsQuiet() {
  if (!reusable_ || buffer_.size() > 0) return false;
  pollfd polled{
      .fd = lowest().socket().native_handle(), .events = POLLIN | POLLRDHUP, .revents = 0};
  return poll(&polled, 1, /*timeout=*/0) == 0;
}

}  // namespace sotto
