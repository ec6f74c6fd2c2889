#include "wire/channel.h"

#include <grpcpp/grpcpp.h>

#include <utility>

namespace sotto {

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& endpoint,
                                           const std::optional<TlsOptions>& tls,
                                           std::shared_ptr<PeerVerdict> verdict) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // One connection a session: a pinned key belongs to it, and sessions do not share its fate.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Nothing of the environment may reroute what was meant for `endpoint`.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  return grpc::CreateCustomChannel(
      endpoint,
      tls ? MakeChannelCredentials(*tls, std::move(verdict)) : grpc::InsecureChannelCredentials(),
      arguments);
}

}  // namespace sotto
