#include "accelerator/service.h"

#include <openssl/rand.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/escaping.h"
#include "accelerator/event_log.h"
#include "base/strings.h"
#include "wire/grpc_status.h"

namespace sotto {
namespace {

std::string DrawInstanceId() {
  std::string id(16, '\0');
  SOTTO_CHECK(
      RAND_bytes(reinterpret_cast<unsigned char*>(id.data()), static_cast<int>(id.size())) == 1);
  return id;
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
  for (const DeviceFormat format : formats) {
    if (format == DeviceFormat::kRing) {
      description.add_formats(pb::RING32);
    } else {
      description.add_formats(pb::F32);
      description.add_formats(pb::BF16);
    }
  }
  description.add_devices(device);
  description.set_max_sessions(static_cast<uint32_t>(limits.max_sessions));
  description.set_window_bytes(limits.window_bytes());
  description.set_instance_id(DrawInstanceId());
  return description;
}

}  // namespace

AcceleratorService::AcceleratorService(ServedModel& model, Metrics& metrics,
                                       const ServiceLimits& limits,
                                       std::vector<DeviceFormat> formats)
    : model_(model),
      metrics_(metrics),
      limits_(limits),
      description_(sotto::Describe(model, model.device().name(), limits, formats)) {}

grpc::Status AcceleratorService::Describe(grpc::ServerContext*, const pb::DescribeRequest*,
                                          pb::Description* description) {
  *description = description_;
  return grpc::Status::OK;
}

grpc::Status AcceleratorService::Session(grpc::ServerContext* context, SessionStream* stream) {
  const uint64_t id = next_session_++;
  if (const absl::Status status = TakePlace(); !status.ok()) {
    metrics_.SessionRefused();
    LogEvent(LogLevel::kWarning, "session_refused",
             {{"session", id}, {"peer", context->peer()}, {"why", std::string(status.message())}});
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
  std::lock_guard lock(mutex_);
  --open_sessions_;
  return ToGrpc(status);
}

absl::Status AcceleratorService::TakePlace() {
  std::lock_guard lock(mutex_);
  if (open_sessions_ >= limits_.max_sessions) {
    return absl::ResourceExhaustedError(
        StrCat("all ", limits_.max_sessions, " sessions are taken (--max-sessions)"));
  }
  ++open_sessions_;
  return absl::OkStatus();
}

absl::Status AcceleratorService::CheckHello(const pb::Hello& hello) const {
  if (hello.protocol_version() != kProtocolVersion) {
    return absl::UnimplementedError(StrCat("protocol version ", kProtocolVersion,
                                           " is spoken here, not ", hello.protocol_version()));
  }
  if (hello.weights_sha256() != description_.weights_sha256()) {
    return absl::FailedPreconditionError("other weights are served here");
  }
  const auto& formats = description_.formats();
  if (std::find(formats.begin(), formats.end(), hello.format()) == formats.end()) {
    return absl::FailedPreconditionError("that number format is not served here (--formats)");
  }
  return absl::OkStatus();
}

absl::Status AcceleratorService::Greet(SessionStream& stream, pb::Hello& hello) const {
  pb::ClientMessage first;
  if (!stream.Read(&first)) return absl::CancelledError("the client left before its greeting");
  if (!first.has_hello()) return absl::InvalidArgumentError("want a hello first");
  hello = first.hello();
  SOTTO_RETURN_IF_ERROR(CheckHello(hello));
  pb::ServerMessage message;
  *message.mutable_welcome()->mutable_description() = description_;
  if (!stream.Write(message) || !stream.Read(&first)) {
    return absl::CancelledError("the client left after its greeting");
  }
  if (!first.has_ready() || first.ready().data_plane() != pb::GRPC) {
    return absl::InvalidArgumentError("want a ready that names an offered data plane");
  }
  return absl::OkStatus();
}

absl::Status AcceleratorService::Serve(grpc::ServerContext& context, SessionStream& stream,
                                       uint64_t id) {
  pb::Hello hello;
  SOTTO_RETURN_IF_ERROR(Greet(stream, hello));
  GrpcSessionIo io(context, stream);
  SessionRunner runner(
      model_, scheduler_, io,
      {.id = id,
       .window_bytes = limits_.window_bytes(),
       .on_exchange = [this](const ExchangeRecord& record) { metrics_.ExchangeServed(record); }});
  return runner.Run();
}

}  // namespace sotto
