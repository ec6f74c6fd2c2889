// What a service is asked before it is trusted with anything, over the connection that is then
// used.
#ifndef SOTTO_CONNECT_SERVICE_QUESTIONS_H_
#define SOTTO_CONNECT_SERVICE_QUESTIONS_H_

#include "base/status.h"
#include "connect/coroutines.h"
#include "connect/options.h"
#include "connect/service_connection.h"
#include "connect/service_verdict.h"

namespace sotto {

// Its report, to a fresh nonce, judged. UNAVAILABLE, DEADLINE_EXCEEDED or RESOURCE_EXHAUSTED where
// it does not answer for itself; the error of the collateral's file.
asio::awaitable<absl::StatusOr<ServiceVerdict>> AskReport(ServiceConnection& connection,
                                                          const ConnectOptions& options);
// The proof that this connection ends in it; reasons go into the verdict. Errors as those of
// AskReport(). REQUIRES: an accepted verdict.
asio::awaitable<absl::Status> AskProof(ServiceConnection& connection, ServiceVerdict& verdict);

// Both; the second of what the first accepts. UNAVAILABLE, too, where that ended meanwhile.
asio::awaitable<absl::StatusOr<ServiceVerdict>> AskForItself(ServiceConnection& connection,
                                                             const ConnectOptions& options);

}  // namespace sotto

#endif  // SOTTO_CONNECT_SERVICE_QUESTIONS_H_
