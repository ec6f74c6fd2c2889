// Connections to a service that may carry prompts: each one's key is in a keyset that a quote
// vouches for, and each has proven that it ends where that keyset's keys are.
#ifndef SOTTO_CONNECT_SERVICE_POOL_H_
#define SOTTO_CONNECT_SERVICE_POOL_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connect/coroutines.h"
#include "connect/options.h"
#include "connect/service_connection.h"
#include "connect/service_verdict.h"

namespace sotto {

// Of one thread, that of `io`; options outlive it. Replicas of a service have a keyset each: what
// is known is kept by the TLS key that it was found under.
class ServicePool {
 public:
  using Connection = std::unique_ptr<ServiceConnection>;

  ServicePool(asio::io_context& io, const ConnectOptions& options,
              std::shared_ptr<asio::ssl::context> tls);

  // A connection for one request, judged now or before. PERMISSION_DENIED naming every reason for
  // which the service is refused; UNAVAILABLE, DEADLINE_EXCEEDED or RESOURCE_EXHAUSTED where it
  // does not answer for itself; the error of the collateral's file.
  asio::awaitable<absl::StatusOr<Connection>> Take();
  // After a whole answer that left it usable, for the next request.
  void Give(Connection connection);
  // The connection's keyset is not what it was: whatever has it, this connection too, is of no more
  // use.
  void Distrust(const ServiceConnection& connection);

  // A verdict of its own, over a new connection; errors as those of Take(), refusals apart.
  asio::awaitable<absl::StatusOr<ServiceVerdict>> Verify();

  // Closes what nobody has used for long.
  void CloseIdle();

 private:
  using Known = std::shared_ptr<const ServiceVerdict>;
  // One report for all who wait for it.
  struct Flight;
  class FlightEnd;

  bool StillHolds(const ServiceVerdict& verdict) const;
  bool IsUsable(ServiceConnection& connection) const;
  Connection TakeIdle();
  asio::awaitable<absl::StatusOr<Known>> Learn(ServiceConnection& connection);
  asio::awaitable<absl::StatusOr<Known>> LearnNew(ServiceConnection& connection);

  asio::io_context& io_;
  const ConnectOptions& options_;
  const std::shared_ptr<asio::ssl::context> tls_;
  std::vector<Connection> idle_;                            // The last used one last.
  std::map<std::string, Known> known_;                      // By the key's SHA-256.
  std::map<std::string, std::shared_ptr<Flight>> flights_;  // The same.
};

}  // namespace sotto

#endif  // SOTTO_CONNECT_SERVICE_POOL_H_
