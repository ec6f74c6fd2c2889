// Which data plane a session gets (docs/wire_format.md, "Data planes"): what the client asks for,
// and how it takes up what the server offers.
#ifndef SOTTO_PROTOCOL_DATA_PLANE_H_
#define SOTTO_PROTOCOL_DATA_PLANE_H_

#include <memory>
#include <string>

#include "base/status.h"
#include "protocol/accelerator.pb.h"
#include "protocol/grpc_stream.h"
#include "protocol/session_options.h"
#include "protocol/transport.h"

namespace sotto {

// FAILED_PRECONDITION for a data plane that would take away what TLS gives: numbers in the clear
// have nothing to check them but TLS, and nothing to hide them.
absl::Status CheckDataPlane(const SessionOptions& options);

bool WantsShm(const std::string& endpoint, const SessionOptions& options);
bool WantsTcp(const SessionOptions& options);

// The transport of a session whose stream has been greeted and checked, by the best plane that the
// server offers and that can be had; tells the server which, with the keys. Takes the stream only
// when it succeeds. An error, when a plane was asked for by name: why it cannot be had.
struct SettledPlane {
  DataPlane which = DataPlane::kGrpc;
  std::unique_ptr<Transport> transport;
};
absl::StatusOr<SettledPlane> SettleDataPlane(const std::string& endpoint,
                                             const SessionOptions& options,
                                             const wire::v1::Welcome& welcome,
                                             std::unique_ptr<GrpcStream>& stream,
                                             FrameReceiver& receiver);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_DATA_PLANE_H_
