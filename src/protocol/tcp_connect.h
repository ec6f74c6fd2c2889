// A plain connected socket to an endpoint, for a look at what answers there.
#ifndef SOTTO_PROTOCOL_TCP_CONNECT_H_
#define SOTTO_PROTOCOL_TCP_CONNECT_H_

#include <chrono>
#include <string>

#include "base/descriptor.h"
#include "base/status.h"

namespace sotto {

// Tries the endpoint's addresses in order, by `deadline`. Reads and writes of the socket wait for
// `patience` at most. UNAVAILABLE with the reason, INVALID_ARGUMENT for no endpoint.
absl::StatusOr<Descriptor> ConnectTo(const std::string& endpoint,
                                     std::chrono::steady_clock::time_point deadline,
                                     std::chrono::milliseconds patience);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_TCP_CONNECT_H_
