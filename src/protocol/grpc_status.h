// Between gRPC's statuses and ours.
#ifndef SOTTO_PROTOCOL_GRPC_STATUS_H_
#define SOTTO_PROTOCOL_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <cstdint>
#include <string>

#include "base/status.h"

namespace sotto {

// A status a peer, or gRPC on its behalf, ended a call with. The message is the peer's word: cut
// and stripped of what a terminal would interpret. Codes the peer may choose are taken over;
// anything else that broke the call is UNAVAILABLE, a reset of the stream included; and bytes that
// gRPC cannot decode (INTERNAL) are ABORTED. A peer that ends a session without an error has left:
// UNAVAILABLE.
absl::Status FromPeer(const grpc::Status& status);

// The same for what a server itself said in a session, which nothing can have broken on the way:
// codes that it may not choose are UNAVAILABLE.
absl::Status FromServersWord(uint32_t code, const std::string& message);

// For the wire. Codes are the same numbers.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_GRPC_STATUS_H_
