// The first messages of a session, as the client makes and checks them.
#ifndef SOTTO_PROTOCOL_HANDSHAKE_H_
#define SOTTO_PROTOCOL_HANDSHAKE_H_

#include "base/status.h"
#include "protocol/proto_codec.h"
#include "protocol/session_options.h"

namespace sotto {

// INVALID_ARGUMENT for a digest that is not 64 hex digits.
absl::StatusOr<pb::Hello> MakeHello(const std::string& endpoint, const SessionOptions& options);

// Checks the server's description against what this side expects: UNIMPLEMENTED (version),
// FAILED_PRECONDITION (model, shapes, format), ABORTED (fields that cannot be). Fills all of
// ServerInfo but operands, peer_key_sha256, data_plane and what concerns relays.
absl::StatusOr<ServerInfo> CheckDescription(const pb::Description& description,
                                            const SessionOptions& options);

// What the server says it multiplies in. FAILED_PRECONDITION when that is not what `format` names:
// F32 is f32.
absl::Status ReadOperands(const std::string& operands, NumberFormat format, ServerInfo& info);

// The server's word on the relay it was asked for: the relay fields of ServerInfo.
void ReadAgreement(const pb::RelayAgreement& agreement, ServerInfo& info);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_HANDSHAKE_H_
