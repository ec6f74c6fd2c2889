#include "protocol/connect.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "base/descriptor_limit.h"
#include "base/strings.h"
#include "protocol/callback_check.h"
#include "protocol/data_plane.h"
#include "protocol/endpoint.h"
#include "protocol/grpc_stream.h"
#include "protocol/handshake.h"
#include "protocol/mismatch.h"
#include "protocol/peer_certificate.h"
#include "protocol/thread_room.h"
#include "protocol/tls_probe.h"

namespace sotto {
namespace {

using Clock = FrameClock;

// For gRPC's polling and one connection, with its name lookup and its shared memory: 10, and some
// to spare. Without them gRPC ends the process by an abort.
constexpr size_t kDescriptors = 16;

// Which key the server holds, and who vouches for it. `verdict` is of the handshake; that it was
// this connection's is checked.
absl::Status ReadIdentity(const GrpcStream& stream, const SessionOptions& options,
                          const PeerVerdict& verdict, ServerInfo& info) {
  if (!options.tls) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(info.peer_key_sha256, KeyFingerprint(stream.PeerCertificate()));
  if (!options.tls->pinned_key_sha256.empty()) {
    if (info.peer_key_sha256 == options.tls->pinned_key_sha256) return absl::OkStatus();
    return KeyIsNotPinned(info.peer_key_sha256, options.tls->pinned_key_sha256);
  }
  info.vouched = verdict.peer();
  if (info.vouched && info.vouched->key_sha256 == info.peer_key_sha256) return absl::OkStatus();
  return absl::PermissionDeniedError("the server's certificate is not the one that was checked");
}

// Takes the stream only when it succeeds: one that is destroyed ends the session with a status of
// its own.
absl::Status Handshake(Session& session, std::unique_ptr<GrpcStream>& stream,
                       const SessionOptions& options, const PeerVerdict& verdict) {
  SOTTO_ASSIGN_OR_RETURN(const pb::Hello hello, MakeHello(session.endpoint(), options));
  SOTTO_ASSIGN_OR_RETURN(const pb::Welcome welcome,
                         stream->Greet(hello, Clock::now() + options.connect_timeout));
  SOTTO_ASSIGN_OR_RETURN(ServerInfo info, CheckDescription(welcome.description(), options));
  SOTTO_RETURN_IF_ERROR(ReadIdentity(*stream, options, verdict, info));
  SOTTO_RETURN_IF_ERROR(ReadOperands(welcome.operands(), options.format, info));
  if (options.relay) ReadAgreement(welcome.relay(), info);
  SOTTO_ASSIGN_OR_RETURN(SettledPlane plane,
                         SettleDataPlane(session.endpoint(), options, welcome, stream, session));
  info.data_plane = plane.which;
  session.Start(std::move(info), std::move(plane.transport));
  return absl::OkStatus();
}

// Why no session came about. gRPC says that a server is unavailable, where a handshake of our own
// tells more; and only by such a one does a server learn that it was refused.
absl::Status WhyNot(const Session& session, const absl::Status& verdict,
                    const SessionOptions& options) {
  const absl::Status failure = verdict.ok() ? session.failure() : session.Named(verdict);
  if (verdict.ok() && !absl::IsUnavailable(failure)) return failure;
  const absl::Status probe =
      ProbeHandshake(session.endpoint(), options.tls, options.connect_timeout);
  return verdict.ok() && !probe.ok() ? session.Named(probe) : failure;
}

grpc::ChannelArguments CommonArguments() {
  grpc::ChannelArguments arguments;
  // One connection a session: a pinned key belongs to it, and sessions do not share its fate.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Nothing of the environment may reroute what was meant for the target.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  return arguments;
}

std::shared_ptr<grpc::Channel> CreateChannel(const std::string& target,
                                             const std::optional<TlsOptions>& tls,
                                             std::shared_ptr<PeerVerdict> verdict,
                                             const grpc::ChannelArguments& arguments) {
  return grpc::CreateCustomChannel(
      target,
      tls ? MakeChannelCredentials(*tls, std::move(verdict)) : grpc::InsecureChannelCredentials(),
      arguments);
}

}  // namespace

absl::StatusOr<std::shared_ptr<Session>> Session::Open(const std::string& endpoint,
                                                       const SessionOptions& options) {
  SOTTO_RETURN_IF_ERROR(CheckEndpoint(endpoint, /*for_listening=*/false));
  SOTTO_RETURN_IF_ERROR(CheckDataPlane(options));
  SOTTO_RETURN_IF_ERROR(TryDescriptors(kDescriptors));
  SOTTO_RETURN_IF_ERROR(CheckThreadRoom());
  auto session = std::make_shared<Session>(endpoint, options);
  const auto verdict = std::make_shared<PeerVerdict>();
  const std::shared_ptr<grpc::Channel> channel = MakeChannel(endpoint, options.tls, verdict);
  SOTTO_RETURN_IF_ERROR(CheckCallbacks(channel, Clock::now() + options.connect_timeout));
  auto stream = std::make_unique<GrpcStream>(channel, *session);
  const absl::Status status = Handshake(*session, stream, options, *verdict);
  if (status.ok()) return session;
  session->Fail(status);
  return WhyNot(*session, verdict->status(), options);
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& endpoint,
                                           const std::optional<TlsOptions>& tls,
                                           std::shared_ptr<PeerVerdict> verdict) {
  // Without a scheme gRPC takes the host for one where it can: "unix-abstract:1", "ipv4:80".
  const std::string target = endpoint.starts_with("unix:") ? endpoint : "dns:///" + endpoint;
  grpc::ChannelArguments arguments = CommonArguments();
  // What gRPC refuses it does not report before the call has ended, nor as a breach of the
  // protocol.
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  return CreateChannel(target, tls, std::move(verdict), arguments);
}

std::shared_ptr<grpc::Channel> MakeChannelToTarget(const std::string& target,
                                                   const std::optional<TlsOptions>& tls,
                                                   std::shared_ptr<PeerVerdict> verdict) {
  grpc::ChannelArguments arguments = CommonArguments();
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  return CreateChannel(target, tls, std::move(verdict), arguments);
}

}  // namespace sotto
