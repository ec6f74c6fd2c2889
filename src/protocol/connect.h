// Dials: the gRPC connection of a client's session, or of another accelerator's relay.
// Session::Open (session.h) stands here too, with the handshake.
#ifndef SOTTO_PROTOCOL_CONNECT_H_
#define SOTTO_PROTOCOL_CONNECT_H_

#include <grpcpp/channel.h>

#include <memory>
#include <optional>
#include <string>

#include "protocol/session.h"
#include "protocol/tls.h"

namespace sotto {

// A connection of its own to HOST:PORT or unix:PATH, in the clear without `tls`. Dials when first
// used. `verdict` is told when the peer is refused. Messages of any size and compression are handed
// on as they came: whoever reads them checks them (ParseBytes).
std::shared_ptr<grpc::Channel> MakeChannel(
    const std::string& endpoint, const std::optional<TlsOptions>& tls,
    std::shared_ptr<PeerVerdict> verdict = std::make_shared<PeerVerdict>());
// A connection to a target as gRPC names it, with its scheme. Longer messages than
// kMaxMessageBytes end a call.
std::shared_ptr<grpc::Channel> MakeChannelToTarget(
    const std::string& target, const std::optional<TlsOptions>& tls,
    std::shared_ptr<PeerVerdict> verdict = std::make_shared<PeerVerdict>());

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_CONNECT_H_
