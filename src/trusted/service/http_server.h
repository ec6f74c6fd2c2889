// HTTP/1.1 with keep-alive, over TLS 1.3 or plain: bytes in, bytes out. One thread serves all
// connections, each a coroutine. Nothing that a peer sends ends the server: what is no request gets
// a 4xx answer or a closed connection. TRUSTED: prompts pass through.
#ifndef SOTTO_TRUSTED_SERVICE_HTTP_SERVER_H_
#define SOTTO_TRUSTED_SERVICE_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/status.h"
#include "base/wiping_allocator.h"
#include "trusted/service/http_message.h"

namespace sotto {

struct HttpTls {  // PEM texts.
  std::string certificate_chain = {};
  SecretString private_key = {};
  // Requests come with the exporter of their connection under this label (RFC 8446, section 7.5;
  // no context); empty: with none.
  std::string exporter_label = {};
};
inline constexpr size_t kExporterBytes = 32;

struct HttpLimits {
  size_t max_connections = 4096;  // Beyond it one is closed (http_places.h), or the new one.
  size_t max_header_bytes = size_t{16} << 10;
  size_t max_body_bytes = size_t{8} << 20;
  // Of all bodies that are read or being handled; beyond it requests get 429. Only those that are
  // admitted count.
  size_t max_held_bytes = size_t{256} << 20;
  // From a request's first byte to the end of its header (of a TLS handshake, all of it), from
  // there to the end of its body, until some of an answer is taken (and until all of it is, with a
  // second more for every 256 KiB), and between requests.
  std::chrono::milliseconds header_timeout{10'000}, body_timeout{60'000}, write_timeout{60'000},
      idle_timeout{75'000};
  // From a whole request to the handler's answer: then the client gets 504, and HttpRequest::left
  // is requested.
  std::chrono::milliseconds handler_timeout{600'000};
};

// What may change while a server runs: connections have the terms of when they were accepted.
struct HttpTerms {
  std::optional<HttpTls> tls = {};  // Nullopt: plain HTTP, on loopback addresses only.
  std::vector<std::pair<std::string, std::string>> headers = {};  // Of every answer.
  std::shared_ptr<const ServiceIdentity> identity = {};           // Of every request.
};

// Sockets that listen: one server gives them up, and another takes them (Start()). Connections that
// come in between wait in them.
struct ListeningSockets {
  std::vector<Descriptor> sockets = {};
};

struct HttpServerOptions {
  std::string listen = "localhost:8443";  // HOST:PORT, every address of the host; port 0: any.
  // If given: these, of that address, in its place; they are taken out. For TLS alone.
  std::shared_ptr<ListeningSockets> sockets = {};
  HttpTerms terms = {};  // At first.
  HttpLimits limits = {};
};

// What the server asks. All are called on its thread and return at once.
struct HttpCallbacks {
  // Before a body is read.
  std::function<HttpAdmission(const HttpHead&)> admit;
  // The request is complete.
  std::function<void(HttpRequest, HttpReply)> handle;
  // The answer to what the server refuses by itself: 400, 413, 415, 429, 431; and of a request that
  // was handed to `handle`, whose path it then gets, 504, and 500 where `handle` let go of its
  // reply.
  std::function<HttpResponse(int status, const std::string& message, std::string_view path)> error;
  // How many connections there are now.
  std::function<void(size_t connections)> connections;
};

class HttpServer {
 public:
  // INVALID_ARGUMENT or UNAVAILABLE, beginning with "listen", for an address that cannot be had;
  // INVALID_ARGUMENT for TLS files that do not fit; RESOURCE_EXHAUSTED where the process may not
  // have as many descriptors as connections.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                           const HttpCallbacks& callbacks);
  // Stops. Replies must not be made any more.
  ~HttpServer();

  int port() const;

  // Accepts connections on other terms once it has returned. Those that are there are closed behind
  // their next answer, which says so. INVALID_ARGUMENT for TLS files that do not fit: nothing has
  // changed. REQUIRES: TLS as before, or none as before; the exporter's label stays.
  absl::Status Renew(const HttpTerms& terms);

  // From now on connections that have had an answer are closed, and every answer says that its
  // connection will be. Returns when all requests that have come are answered, or after `timeout`.
  // New connections are still taken, for `admit` to answer.
  void Drain(std::chrono::milliseconds timeout);
  // After Drain(): listens no more, once the connections that the system has made are taken, for
  // `admit` to answer. Returns when all have ended, or after `timeout`.
  void Close(std::chrono::milliseconds timeout);

  // Listens no more; connections that were accepted are served on.
  std::shared_ptr<ListeningSockets> GiveUpSockets();

  // Closes all connections. No callback is made once it has returned, and replies lead nowhere.
  void Stop();

  struct Impl;

 private:
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_HTTP_SERVER_H_
