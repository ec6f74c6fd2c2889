// A plain connected socket to an endpoint, for a look at what answers there.
#ifndef SOTTO_PROTOCOL_TCP_CONNECT_H_
#define SOTTO_PROTOCOL_TCP_CONNECT_H_

#include <netdb.h>

#include <chrono>
#include <string>

#include "base/descriptor.h"
#include "base/status.h"

namespace sotto {

// Tries the endpoint's addresses in order, by `deadline`, which does not bound the lookup of a
// name. Reads and writes of the socket wait for `patience` at most. UNAVAILABLE with the reason,
// INVALID_ARGUMENT for no endpoint.
absl::StatusOr<Descriptor> ConnectTo(const std::string& endpoint,
                                     std::chrono::steady_clock::time_point deadline,
                                     std::chrono::milliseconds patience);

// The first of a list that accepts. Each gets its share of what is left of the time, so that one
// that never answers leaves some to the next.
absl::StatusOr<Descriptor> ConnectToFirst(const addrinfo* addresses,
                                          std::chrono::steady_clock::time_point deadline);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_TCP_CONNECT_H_
