#include "protocol/channel.h"

#include <grpcpp/grpcpp.h>

#include <utility>

namespace sotto {

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& endpoint,
                                           const std::optional<TlsOptions>& tls,
                                           std::shared_ptr<PeerVerdict> verdict) {
  // Without a scheme gRPC takes the host for one where it can: "unix-abstract:1", "ipv4:80".
  const std::string target = endpoint.starts_with("unix:") ? endpoint : "dns:///" + endpoint;
  return MakeChannelToTarget(target, tls, std::move(verdict));
}

std::shared_ptr<grpc::Channel> MakeChannelToTarget(const std::string& target,
                                                   const std::optional<TlsOptions>& tls,
                                                   std::shared_ptr<PeerVerdict> verdict) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // One connection a session: a pinned key belongs to it, and sessions do not share its fate.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Nothing of the environment may reroute what was meant for `target`.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  return grpc::CreateCustomChannel(
      target,
      tls ? MakeChannelCredentials(*tls, std::move(verdict)) : grpc::InsecureChannelCredentials(),
      arguments);
}

}  // namespace sotto
