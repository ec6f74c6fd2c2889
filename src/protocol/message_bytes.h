// Messages as gRPC's bytes.
#ifndef SOTTO_PROTOCOL_MESSAGE_BYTES_H_
#define SOTTO_PROTOCOL_MESSAGE_BYTES_H_

#include <grpcpp/support/byte_buffer.h>

#include "base/status.h"
#include "protocol/accelerator.pb.h"
#include "protocol/proto_codec.h"

namespace sotto {

// Serialises the message. One with seeds or keys goes into a SecretBuffer, which dies when gRPC has
// sent it and lets go of it; the message's own copies are wiped. Protobuf's serialiser would
// leave both in memory that is freed as it is.
grpc::ByteBuffer TakeBytes(pb::ClientMessage& message);

// Parses what the server sent and lets go of it. ABORTED when it is longer than kMaxMessageBytes or
// does not decode.
absl::Status ParseBytes(grpc::ByteBuffer& bytes, pb::ServerMessage& message);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_MESSAGE_BYTES_H_
