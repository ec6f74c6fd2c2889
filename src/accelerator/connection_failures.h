// Connections that end before a session: a client without TLS, without the certificate asked for,
// that refuses the server's, or with TLS where there is none. gRPC tells of most in lines for its
// own log alone, which are read here.
#ifndef SOTTO_ACCELERATOR_CONNECTION_FAILURES_H_
#define SOTTO_ACCELERATOR_CONNECTION_FAILURES_H_

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace sotto {

enum class ConnectionFailure {
  kNoTls,             // The client speaks in the clear to a server with TLS.
  kNoCertificate,     // It shows no certificate where --client-ca asks for one.
  kWrongCertificate,  // It shows one that --client-ca did not sign, or that is not valid now.
  kServerRefused,     // It does not accept this server's certificate.
  kServerWithoutTls,  // The client tries TLS with a server that was started without.
  kOther,             // The handshake failed in another way.
};
inline constexpr size_t kConnectionFailures = 6;
// For a metric's label: "no_tls".
std::string_view ConnectionFailureName(ConnectionFailure failure);
// For people, one line.
std::string_view DescribeConnectionFailure(ConnectionFailure failure);

// What a line of gRPC's log tells of a connection; nothing for lines about anything else.
std::optional<ConnectionFailure> ReadGrpcLogLine(std::string_view line);

// The sink of RouteLibraryLogs: events at debug level; failed connections are told to all that
// watch.
void LogLibraryLine(std::string_view line);

// Calls `seen` for each failed connection of this process, from any thread, until it is destroyed.
// It must not start or destroy another.
class ConnectionFailureWatch {
 public:
  explicit ConnectionFailureWatch(std::function<void(ConnectionFailure)> seen);
  ~ConnectionFailureWatch();
  ConnectionFailureWatch(const ConnectionFailureWatch&) = delete;
  ConnectionFailureWatch& operator=(const ConnectionFailureWatch&) = delete;

 private:
  friend void LogLibraryLine(std::string_view line);
  const std::function<void(ConnectionFailure)> seen_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_CONNECTION_FAILURES_H_
