#include "protocol/data_plane.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "protocol/endpoint.h"
#include "protocol/pipe_transport.h"
#include "protocol/plane_cipher.h"
#include "protocol/shm_pipe.h"
#include "protocol/socket_pipe.h"

namespace sotto {
namespace {

// For a data connection where nobody insists on one: whoever drops its packets costs this much.
constexpr std::chrono::milliseconds kConnectionPatience{3000};

// Rows of the ring are hidden and verified whatever carries them, or encrypted here.
bool MayLeaveTls(const SessionOptions& options) {
  return !options.tls || options.format == NumberFormat::kRing32;
}

// Maps what the server offers and shows it that both see the same memory.
absl::StatusOr<ShmRegion> TakeUp(const pb::ShmOffer& offer, const SessionOptions& options,
                                 pb::Ready& ready) {
  SOTTO_ASSIGN_OR_RETURN(ShmRegion region,
                         ShmRegion::Open(options.shm_directory, offer.name(), offer.ring_bytes()));
  ShmChallenge expected;
  SOTTO_RETURN_IF_ERROR(CopyExactly(offer.challenge(), "challenge", expected));
  if (region.ReadServerChallenge() != expected) {
    return absl::FailedPreconditionError("the server's shared memory is not the one mapped here");
  }
  const ShmChallenge own = DrawChallenge();
  region.WriteClientChallenge(own);
  ready.set_challenge(std::string(own.begin(), own.end()));
  return region;
}

absl::StatusOr<std::unique_ptr<BytePipe>> OpenShm(const pb::Welcome& welcome,
                                                  const SessionOptions& options, GrpcStream& stream,
                                                  pb::Ready& ready) {
  if (!welcome.has_shm()) {
    return absl::FailedPreconditionError("the server offers no shared memory");
  }
  SOTTO_ASSIGN_OR_RETURN(ShmRegion region, TakeUp(welcome.shm(), options, ready));
  ready.set_data_plane(pb::SHM);
  return std::make_unique<ShmClientPipe>(std::move(region), [&stream] { stream.RingDoorbell(); });
}

absl::StatusOr<std::unique_ptr<BytePipe>> OpenTcp(const std::string& endpoint,
                                                  const SessionOptions& options,
                                                  const pb::Welcome& welcome, pb::Ready& ready) {
  if (!welcome.has_tcp()) {
    return absl::FailedPreconditionError("the server offers no data connection");
  }
  DataTicket ticket;
  SOTTO_RETURN_IF_ERROR(CopyExactly(welcome.tcp().ticket(), "ticket", ticket));
  const std::chrono::milliseconds patience =
      options.data_plane == DataPlane::kTcp
          ? options.connect_timeout
          : std::min(options.connect_timeout, kConnectionPatience);
  SOTTO_ASSIGN_OR_RETURN(Descriptor socket,
                         OpenDataConnection(endpoint, ticket, FrameClock::now() + patience));
  ready.set_data_plane(pb::TCP);
  return std::make_unique<SocketPipe>(std::move(socket));
}

}  // namespace

absl::Status CheckDataPlane(const SessionOptions& options) {
  const bool beside =
      options.data_plane == DataPlane::kShm || options.data_plane == DataPlane::kTcp;
  if (!beside || MayLeaveTls(options)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      StrCat("data plane ", DataPlaneName(options.data_plane),
             " would send numbers in the clear beside TLS; grpc sends them through it"));
}

bool WantsShm(const std::string& endpoint, const SessionOptions& options) {
  if (options.data_plane == DataPlane::kShm) return true;
  return options.data_plane == DataPlane::kAuto && MayLeaveTls(options) &&
         IsLocalEndpoint(endpoint);
}

bool WantsTcp(const SessionOptions& options) {
  if (options.data_plane == DataPlane::kTcp) return true;
  return options.data_plane == DataPlane::kAuto && MayLeaveTls(options);
}

absl::StatusOr<SettledPlane> SettleDataPlane(const std::string& endpoint,
                                             const SessionOptions& options,
                                             const pb::Welcome& welcome,
                                             std::unique_ptr<GrpcStream>& stream,
                                             FrameReceiver& receiver) {
  pb::ClientMessage message;
  pb::Ready& ready = *message.mutable_ready();
  SettledPlane plane;
  absl::StatusOr<std::unique_ptr<BytePipe>> pipe = absl::FailedPreconditionError("not asked for");
  if (WantsShm(endpoint, options)) pipe = OpenShm(welcome, options, *stream, ready);
  if (pipe.ok()) plane.which = DataPlane::kShm;
  if (!pipe.ok() && WantsTcp(options)) {
    pipe = OpenTcp(endpoint, options, welcome, ready);
    if (pipe.ok()) plane.which = DataPlane::kTcp;
  }
  const bool insists =
      options.data_plane == DataPlane::kShm || options.data_plane == DataPlane::kTcp;
  if (insists && !pipe.ok()) return pipe.status();

  std::optional<PlaneKeys> keys;
  if (!pipe.ok()) {
    ready.set_data_plane(pb::GRPC);
  } else if (options.tls && options.format == NumberFormat::kRing32) {
    keys = DrawPlaneKeys();
    ready.set_plane_keys(EncodePlaneKeys(*keys));
  }
  stream->SendControl(std::move(message));
  if (pipe.ok()) {
    plane.transport =
        std::make_unique<PipeTransport>(std::move(stream), *std::move(pipe), keys, receiver);
  } else {
    plane.transport = std::move(stream);
  }
  return plane;
}

}  // namespace sotto
