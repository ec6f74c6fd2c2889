#include "protocol/client.h"

#include <algorithm>

#include "base/cpu_clock.h"
#include "base/strings.h"
#include "protocol/channel.h"
#include "protocol/endpoint.h"
#include "protocol/grpc_stream.h"
#include "protocol/handshake.h"
#include "protocol/mismatch.h"
#include "protocol/peer_certificate.h"
#include "protocol/shm_transport.h"
#include "protocol/thread_room.h"
#include "protocol/tls.h"
#include "protocol/tls_probe.h"

namespace sotto {
namespace {

using Clock = Exchange::Clock;

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

// Maps what the server offers and shows it that both see the same memory.
absl::StatusOr<ShmRegion> AcceptOffer(const pb::ShmOffer& offer, const SessionOptions& options,
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
  ready.set_data_plane(pb::SHM);
  ready.set_challenge(std::string(own.begin(), own.end()));
  return region;
}

// The transport of the session; its stream has been greeted and checked. Takes the stream only when
// it succeeds.
absl::StatusOr<std::unique_ptr<Transport>> SettleDataPlane(SessionState& state,
                                                           std::unique_ptr<GrpcStream>& stream,
                                                           const pb::Welcome& welcome,
                                                           const SessionOptions& options) {
  pb::ClientMessage message;
  pb::Ready& ready = *message.mutable_ready();
  absl::StatusOr<ShmRegion> region =
      welcome.has_shm() ? AcceptOffer(welcome.shm(), options, ready)
                        : absl::FailedPreconditionError("the server offers no shared memory");
  if (!region.ok()) {
    if (options.data_plane == DataPlane::kShm) return region.status();
    ready.set_data_plane(pb::GRPC);
  }
  stream->SendControl(std::move(message));
  if (!region.ok()) return std::move(stream);
  return std::make_unique<ShmTransport>(std::move(stream), *std::move(region), state);
}

// Takes the stream only when it succeeds: one that is destroyed ends the session with a status of
// its own.
absl::StatusOr<ServerInfo> Handshake(SessionState& state, std::unique_ptr<GrpcStream>& stream,
                                     const SessionOptions& options, const PeerVerdict& verdict) {
  SOTTO_ASSIGN_OR_RETURN(const pb::Hello hello, MakeHello(state.endpoint(), options));
  SOTTO_ASSIGN_OR_RETURN(const pb::Welcome welcome,
                         stream->Greet(hello, Clock::now() + options.connect_timeout));
  SOTTO_ASSIGN_OR_RETURN(ServerInfo info, CheckDescription(welcome.description(), options));
  SOTTO_RETURN_IF_ERROR(ReadIdentity(*stream, options, verdict, info));
  SOTTO_RETURN_IF_ERROR(ReadOperands(welcome.operands(), options.format, info));
  if (options.relay) ReadAgreement(welcome.relay(), info);
  const GrpcStream* const alone = stream.get();
  SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<Transport> transport,
                         SettleDataPlane(state, stream, welcome, options));
  info.data_plane = transport.get() == alone ? DataPlane::kGrpc : DataPlane::kShm;
  state.SetWindow(info.window_bytes);
  state.SetTransport(std::move(transport));
  return info;
}

// Why no session came about. gRPC says that a server is unavailable, where a handshake of our own
// tells more; and only by such a one does a server learn that it was refused.
absl::Status WhyNot(const SessionState& state, const absl::Status& verdict,
                    const SessionOptions& options) {
  const absl::Status failure = verdict.ok() ? state.failure() : state.Named(verdict);
  if (verdict.ok() && !absl::IsUnavailable(failure)) return failure;
  const absl::Status probe = ProbeHandshake(state.endpoint(), options.tls, options.connect_timeout);
  return verdict.ok() && !probe.ok() ? state.Named(probe) : failure;
}

}  // namespace

PendingExchange::~PendingExchange() {
  if (exchange_ == nullptr) return;
  session_->Fail(absl::CancelledError("an exchange was given up"));
  session_->Settle(*exchange_).IgnoreError();
}

AcceleratorSession::AcceleratorSession(std::shared_ptr<SessionState> state, ServerInfo info,
                                       const SessionOptions& options)
    : state_(std::move(state)),
      info_(std::move(info)),
      config_(options.config),
      model_(ShapeOfModel(options.config)),
      exchange_timeout_(options.exchange_timeout) {}

AcceleratorSession::~AcceleratorSession() {
  if (!state_->failed()) state_->transport().Close();
  state_->Fail(absl::CancelledError("the session was closed"));
}

absl::StatusOr<std::unique_ptr<AcceleratorSession>> AcceleratorSession::Open(
    const std::string& endpoint, const SessionOptions& options) {
  SOTTO_RETURN_IF_ERROR(CheckEndpoint(endpoint, /*for_listening=*/false));
  SOTTO_RETURN_IF_ERROR(CheckThreadRoom());
  auto state = std::make_shared<SessionState>(endpoint);
  const auto verdict = std::make_shared<PeerVerdict>();
  auto stream = std::make_unique<GrpcStream>(MakeChannel(endpoint, options.tls, verdict), *state);
  absl::StatusOr<ServerInfo> info = Handshake(*state, stream, options, *verdict);
  if (!info.ok()) {
    state->Fail(info.status());
    return WhyNot(*state, verdict->status(), options);
  }
  return std::unique_ptr<AcceleratorSession>(
      new AcceleratorSession(std::move(state), *std::move(info), options));
}

const std::string& AcceleratorSession::endpoint() const { return state_->endpoint(); }
SessionStats AcceleratorSession::stats() const { return state_->stats(); }
void AcceleratorSession::Fail(const absl::Status& why) { state_->Fail(why); }

size_t AcceleratorSession::MaxRows(LinearLayer layer) const {
  const LinearShape shape = ShapeOf(config_, layer);
  const uint64_t row_bytes = (shape.n_in + shape.n_out) * sizeof(uint32_t);
  return std::clamp<uint64_t>(info_.window_bytes / 4 / row_bytes, 1, kMaxRows);
}

absl::StatusOr<PendingExchange> AcceleratorSession::Submit(LinearLayer layer,
                                                           const BlindedRows& rows,
                                                           AnswerRows answer) {
  auto exchange = std::make_shared<Exchange>();
  exchange->header = {.operation = Operation::kLinear,
                      .format = rows.format(),
                      .layer = static_cast<uint32_t>(LinearLayerIndex(config_, layer)),
                      .rows = static_cast<uint32_t>(rows.rows()),
                      .payload_bytes = rows.payload().size()};
  if (rows.seed() != nullptr) exchange->header.seed = *rows.seed();
  if (const RelayPart* const relay = rows.relay(); relay != nullptr) {
    exchange->header.operation =
        rows.seed() != nullptr ? Operation::kRelaySource : Operation::kRelaySink;
    exchange->header.relay_number = relay->number;
    exchange->header.mask_seed = relay->mask_seed;
  }
  exchange->payload[0] = rows.payload();
  return Start(exchange, rows.cols(), answer);
}

absl::StatusOr<PendingExchange> AcceleratorSession::Start(const std::shared_ptr<Exchange>& exchange,
                                                          size_t cols, const AnswerRows& answer) {
  const Clock::time_point begin = Clock::now();
  const uint64_t cpu_begin = ThreadCpuNs();
  const absl::StatusOr<ExchangeSizes> checked =
      CheckRequest(exchange->header, model_, info_.window_bytes);
  if (!checked.ok()) return state_->Named(checked.status());
  const ExchangeSizes& sizes = exchange->sizes = *checked;
  SOTTO_CHECK(cols == sizes.n_in && answer.cols() == sizes.n_out);
  SOTTO_CHECK(answer.rows() == sizes.answer_rows && answer.format() == sizes.answer_format);
  exchange->answer = answer.bytes();
  exchange->deadline = begin + exchange_timeout_;
  SOTTO_RETURN_IF_ERROR(state_->Reserve(*exchange));
  state_->CountWait(Clock::now() - begin);
  PendingExchange pending(state_, exchange);
  SOTTO_RETURN_IF_ERROR(state_->transport().Send(exchange));
  state_->CountCpu(ThreadCpuNs() - cpu_begin);
  return pending;
}

absl::Status AcceleratorSession::Wait(PendingExchange pending) {
  const std::shared_ptr<Exchange> exchange = std::move(pending.exchange_);
  SOTTO_CHECK(exchange != nullptr);
  const Clock::time_point begin = Clock::now();
  const uint64_t cpu_begin = ThreadCpuNs();
  state_->transport().Await(*exchange);
  state_->CountWait(Clock::now() - begin);
  state_->CountCpu(ThreadCpuNs() - cpu_begin);
  return state_->Settle(*exchange);
}

}  // namespace sotto
