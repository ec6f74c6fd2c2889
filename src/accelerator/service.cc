#include "accelerator/service.h"

#include <openssl/rand.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/escaping.h"
#include "accelerator/event_log.h"
#include "accelerator/greeting_timer.h"
#include "accelerator/pipe_session_io.h"
#include "base/strings.h"
#include "protocol/grpc_status.h"
#include "protocol/mismatch.h"

namespace sotto {
namespace {

constexpr size_t kDigestBytes = 32;

// To clients and in the log, after a grace: the server ends them, and not their networks.
absl::Status ShuttingDown() { return absl::UnavailableError("it is shutting down"); }

std::string DrawInstanceId() {
  std::string id(16, '\0');
  SOTTO_CHECK(
      RAND_bytes(reinterpret_cast<unsigned char*>(id.data()), static_cast<int>(id.size())) == 1);
  return id;
}

pb::NumberFormat OnTheWire(DeviceFormat format) {
  switch (format) {
    case DeviceFormat::kF32:
      return pb::F32;
    case DeviceFormat::kBf16:
      return pb::BF16;
    case DeviceFormat::kRing:
    case DeviceFormat::kNarrowRing:
      break;
  }
  return pb::RING32;
}

// The weights of a session that greeted so.
DeviceFormat DeviceFormatOf(NumberFormat format, uint32_t weight_bits) {
  if (format == NumberFormat::kBf16) return DeviceFormat::kBf16;
  if (format != NumberFormat::kRing32) return DeviceFormat::kF32;
  const bool narrow = weight_bits == WeightBits(format, FixedWeights::k8Bits);
  return narrow ? DeviceFormat::kNarrowRing : DeviceFormat::kRing;
}

// What a session of `format` is multiplied in.
std::string OperandsOf(NumberFormat format, const Device& device) {
  if (format == NumberFormat::kRing32) return kRingOperands;
  return device.precision(format == NumberFormat::kF32 ? FloatPrecision::kF32
                                                       : FloatPrecision::kFastest);
}

pb::Description Describe(const ServedModel& model, const std::string& device,
                         const ServiceLimits& limits, const std::vector<DeviceFormat>& formats) {
  pb::Description description;
  description.set_protocol_version(kProtocolVersion);
  description.set_software_version(SOTTO_VERSION);
  description.set_weights_sha256(absl::HexStringToBytes(model.weights_sha256()));
  for (size_t i = 0; i < model.layers().size(); ++i) {
    pb::LayerShape& layer = *description.add_layers();
    layer.set_name(LinearLayerName(model.layers()[i]));
    layer.set_n_in(model.shape().layers[i].n_in);
    layer.set_n_out(model.shape().layers[i].n_out);
  }
  description.set_hidden_size(model.shape().hidden_size);
  description.set_vocab_size(model.shape().vocab_size);
  for (const DeviceFormat format : formats) description.add_formats(OnTheWire(format));
  description.add_devices(device);
  description.set_max_sessions(static_cast<uint32_t>(limits.max_sessions));
  description.set_window_bytes(limits.window_bytes());
  description.set_instance_id(DrawInstanceId());
  return description;
}

}  // namespace

AcceleratorService::AcceleratorService(ServedModel& model, Metrics& metrics,
                                       const ServiceOptions& options)
    : model_(model),
      metrics_(metrics),
      options_(options),
      relays_(model, options.relay, options.limits.inbox_bytes()),
      idle_watch_(options.idle_timeout),
      description_(sotto::Describe(model, model.device().name(), options.limits, options.formats)) {
}

grpc::ServerUnaryReactor* AcceleratorService::Describe(grpc::CallbackServerContext* context,
                                                       const pb::DescribeRequest*,
                                                       pb::Description* description) {
  *description = description_;
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

void AcceleratorService::ObserveAvailability(std::function<void(bool)> observer) {
  std::lock_guard lock(mutex_);
  observer_ = std::move(observer);
  observer_(HasPlace());
}

void AcceleratorService::Drain(std::chrono::milliseconds grace) {
  {
    std::unique_lock lock(mutex_);
    draining_ = true;
    left_.wait_for(lock, grace, [&] { return open_sessions_ == 0; });
  }
  roster_.StopAll(ShuttingDown());
}

grpc::Status AcceleratorService::Session(grpc::ServerContext* context, SessionStream* stream) {
  const uint64_t id = next_session_++;
  if (const absl::Status status = TakePlace(); !status.ok()) {
    metrics_.SessionRefused();
    LogEvent(LogLevel::kWarning, "session_refused",
             {{"session", id},
              {"peer", context->peer()},
              {"why", std::string(ToStd(status.message()))}});
    // Told in the session too: from a status alone a client could not tell it from its network's.
    if (absl::IsUnavailable(status)) GrpcSessionIo(*context, *stream).WriteFailure(status);
    return ToGrpc(status);
  }
  metrics_.SessionOpened();
  LogEvent(LogLevel::kInfo, "session_opened", {{"session", id}, {"peer", context->peer()}});
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status status = Serve(*context, *stream, id);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (!status.ok()) metrics_.SessionFailed();
  LogEvent(LogLevel::kInfo, "session_closed",
           {{"session", id}, {"seconds", seconds.count()}, {"status", status.ToString()}});
  metrics_.SessionClosed();
  LeavePlace();
  return ToGrpc(status);
}

absl::Status AcceleratorService::TakePlace() {
  std::lock_guard lock(mutex_);
  if (draining_) return ShuttingDown();
  if (!HasPlace()) {
    return absl::ResourceExhaustedError(
        StrCat("all ", options_.limits.max_sessions, " sessions are in use"));
  }
  ++open_sessions_;
  if (!HasPlace()) observer_(false);
  return absl::OkStatus();
}

void AcceleratorService::LeavePlace() {
  std::lock_guard lock(mutex_);
  if (!HasPlace()) observer_(true);
  --open_sessions_;
  left_.notify_all();
}

absl::Status AcceleratorService::CheckHello(const pb::Hello& hello) const {
  if (hello.protocol_version() != kProtocolVersion) {
    return OtherProtocolVersion(kProtocolVersion, hello.protocol_version(),
                                hello.protocol_version() < kProtocolVersion ? SOTTO_VERSION : "");
  }
  if (hello.weights_sha256() != description_.weights_sha256()) {
    const std::string expected = hello.weights_sha256().substr(0, kDigestBytes);
    return OtherWeights(model_.weights_sha256(), absl::BytesToHexString(expected));
  }
  const auto& formats = description_.formats();
  if (std::find(formats.begin(), formats.end(), hello.format()) == formats.end()) {
    return absl::FailedPreconditionError("the server does not serve this number format");
  }
  const auto format = static_cast<NumberFormat>(hello.format());
  if (hello.weight_bits() != WeightBits(format, FixedWeights::k12Bits) &&
      hello.weight_bits() != WeightBits(format, FixedWeights::k8Bits)) {
    return absl::InvalidArgumentError(
        StrCat("the server has no weights of ", hello.weight_bits(), " bits for this format"));
  }
  return absl::OkStatus();
}

grpc::Status AcceleratorService::Relay(grpc::ServerContext* context, RelayStream* stream) {
  const absl::Status status = relays_.Receive(*context, *stream);
  LogEvent(LogLevel::kInfo, "relay_closed",
           {{"peer", context->peer()}, {"status", status.ToString()}});
  return ToGrpc(status);
}

absl::StatusOr<AcceleratorService::Terms> AcceleratorService::Greet(grpc::ServerContext& context,
                                                                    SessionStream& stream) {
  const GreetingTimer timer(context, options_.greeting_timeout);
  pb::ClientMessage first;
  if (!stream.Read(&first))
    return absl::CancelledError("the client disconnected before its greeting");
  if (!first.has_hello()) return absl::InvalidArgumentError("the first message must be a hello");
  SOTTO_RETURN_IF_ERROR(CheckHello(first.hello()));
  pb::ServerMessage message;
  pb::Welcome& welcome = *message.mutable_welcome();
  *welcome.mutable_description() = description_;
  const auto format = static_cast<NumberFormat>(first.hello().format());
  Terms terms{.format = format,
              .device_format = DeviceFormatOf(format, first.hello().weight_bits()),
              .data_plane = {},
              .relay = {}};
  PlaneOffers offers(options_.shm_directory, data_door_);
  offers.Offer(first.hello(), context.peer(), welcome);
  welcome.set_operands(OperandsOf(terms.format, model_.device()));
  if (first.hello().has_relay()) {
    terms.relay = relays_.Agree(first.hello().relay(), *welcome.mutable_relay());
  }
  if (!stream.Write(message) || !stream.Read(&first)) {
    return absl::CancelledError("the client disconnected after its greeting");
  }
  SOTTO_ASSIGN_OR_RETURN(terms.data_plane, offers.TakeUp(first.ready(), format));
  WipeSecrets(first);
  return terms;
}

absl::Status AcceleratorService::Serve(grpc::ServerContext& context, SessionStream& stream,
                                       uint64_t id) {
  SOTTO_ASSIGN_OR_RETURN(Terms terms, Greet(context, stream));
  IdleWatch::Session idle(idle_watch_, [&context] { context.TryCancel(); });
  SessionContext session{
      .id = id,
      .idle = &idle,
      .window_bytes = options_.limits.window_bytes(),
      .format = terms.format,
      .device_format = terms.device_format,
      .relay = std::move(terms.relay),
      .on_exchange = [this](const ExchangeRecord& record) { metrics_.ExchangeServed(record); }};
  absl::Status status = absl::OkStatus();
  if (terms.data_plane.pipe != nullptr) {
    PipeSessionIo io(context, stream, std::move(terms.data_plane.pipe), terms.data_plane.keys);
    status = Run(io, std::move(session));
  } else {
    GrpcSessionIo io(context, stream);
    status = Run(io, std::move(session));
  }
  if (!idle.expired()) return status;
  return absl::DeadlineExceededError("the session was idle for too long");
}

absl::Status AcceleratorService::Run(SessionIo& io, SessionContext session) {
  SessionRunner runner(model_, scheduler_, io, std::move(session));
  const SessionRoster::Entry entry(roster_,
                                   [&runner](const absl::Status& why) { runner.Stop(why); });
  return runner.Run();
}

}  // namespace sotto
