#include "testing/faulty_accelerator.h"

#include <unistd.h>

#include <thread>

#include "absl/strings/escaping.h"
#include "base/check.h"
#include "base/strings.h"
#include "model/linear_layers.h"
#include "protocol/shm_region.h"

namespace sotto {

FaultyAccelerator::FaultyAccelerator(Fault fault, const SessionOptions& honest)
    : fault_(fault), honest_(honest) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("localhost:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  SOTTO_CHECK(server_ != nullptr);
  endpoint_ = StrCat("localhost:", port);
}

FaultyAccelerator::~FaultyAccelerator() {
  stopping_ = true;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

void FaultyAccelerator::Hang(grpc::ServerContext& context) const {
  while (!stopping_ && !context.IsCancelled()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

pb::Welcome HonestWelcome(const SessionOptions& honest) {
  pb::Welcome welcome;
  pb::Description& description = *welcome.mutable_description();
  description.set_protocol_version(kProtocolVersion);
  description.set_software_version("faulty");
  description.set_weights_sha256(absl::HexStringToBytes(honest.weights_sha256));
  const ModelShape model = ShapeOfModel(honest.config);
  for (const LinearShape shape : model.layers) {
    pb::LayerShape& layer = *description.add_layers();
    layer.set_n_in(shape.n_in);
    layer.set_n_out(shape.n_out);
  }
  description.set_hidden_size(model.hidden_size);
  description.set_vocab_size(model.vocab_size);
  description.add_formats(static_cast<pb::NumberFormat>(honest.format));
  description.add_devices("faulty");
  description.set_window_bytes(uint64_t{64} << 20);
  description.set_instance_id(std::string(16, 'i'));
  welcome.set_operands("f32");
  return welcome;
}

pb::Welcome FaultyAccelerator::MakeWelcome() const {
  pb::Welcome welcome = HonestWelcome(honest_);
  pb::Description& description = *welcome.mutable_description();
  if (fault_ == Fault::kOtherVersion) description.set_protocol_version(kProtocolVersion + 1);
  if (fault_ == Fault::kOtherModel) description.set_weights_sha256(std::string(32, 'x'));
  if (fault_ == Fault::kOtherShape) {
    pb::LayerShape& layer = *description.mutable_layers(0);
    layer.set_n_out(layer.n_out() + 1);
  }
  if (fault_ == Fault::kOtherFormat) description.set_formats(0, pb::BF16);
  if (fault_ == Fault::kNoInstanceId) description.clear_instance_id();
  if (fault_ == Fault::kOtherOperands) welcome.set_operands("bf16");
  if (fault_ == Fault::kOffersMemoryElsewhere) {
    welcome.mutable_shm()->set_name("../../etc/passwd");
    welcome.mutable_shm()->set_ring_bytes(1 << 20);
    welcome.mutable_shm()->set_challenge(std::string(32, 'c'));
  }
  return welcome;
}

grpc::Status FaultyAccelerator::Session(grpc::ServerContext* context, Stream* stream) {
  if (fault_ == Fault::kRefuses) return {grpc::StatusCode::RESOURCE_EXHAUSTED, "all taken"};
  if (fault_ == Fault::kLeavesAtOnce) return grpc::Status::OK;
  if (fault_ == Fault::kFailsWithControlCharacters) {
    return {grpc::StatusCode::FAILED_PRECONDITION, "\x1b[2Jtwo\nlines" + std::string(5000, 'x')};
  }
  pb::ClientMessage message;
  if (!stream->Read(&message)) return grpc::Status::OK;
  if (fault_ == Fault::kHangsAtGreeting) Hang(*context);
  if (fault_ == Fault::kCutsMemoryShort) return OfferAndCut(*context, *stream);
  pb::ServerMessage welcome;
  *welcome.mutable_welcome() = MakeWelcome();
  stream->Write(welcome);
  if (fault_ == Fault::kSecondWelcome) stream->Write(welcome);
  stream->Read(&message);  // Ready.
  return ServeRequests(*context, *stream);
}

grpc::Status FaultyAccelerator::OfferAndCut(grpc::ServerContext& context, Stream& stream) const {
  const ShmChallenge challenge = DrawChallenge();
  const absl::StatusOr<ShmRegion> region =
      ShmRegion::Create(honest_.shm_directory, kMinRingBytes, challenge);
  SOTTO_CHECK(region.ok());
  pb::ServerMessage welcome;
  *welcome.mutable_welcome() = MakeWelcome();
  pb::ShmOffer& offer = *welcome.mutable_welcome()->mutable_shm();
  offer.set_name(region->name());
  offer.set_ring_bytes(region->ring_bytes());
  offer.set_challenge(std::string(challenge.begin(), challenge.end()));
  stream.Write(welcome);
  pb::ClientMessage ready;
  stream.Read(&ready);
  SOTTO_CHECK(truncate(StrCat(honest_.shm_directory, "/", region->name()).c_str(), 0) == 0);
  Hang(context);
  return grpc::Status::OK;
}

bool FaultyAccelerator::Swallow(Stream& stream, const pb::ExchangeRequest& request) const {
  uint64_t received = request.data().size();
  pb::ClientMessage message;
  while (received < request.payload_bytes()) {
    if (!stream.Read(&message)) return false;
    received += message.chunk().data().size();
  }
  return true;
}

pb::ServerMessage FaultyAccelerator::MakeAnswer(const pb::ExchangeRequest& request) const {
  const LinearShape shape = ShapeOfModel(honest_.config).layers[request.layer()];
  uint64_t bytes = request.rows() * shape.n_out * 4;
  if (fault_ == Fault::kAnswersShort) bytes -= 4;
  if (fault_ == Fault::kAnswersLong) bytes += 4;
  pb::ServerMessage message;
  pb::ExchangeAnswer& answer = *message.mutable_answer();
  answer.set_sequence(request.sequence() + (fault_ == Fault::kAnswersAnotherSequence ? 1 : 0));
  answer.set_format(request.format());
  answer.set_rows(request.rows() - (fault_ == Fault::kAnswersFewerRows ? 1 : 0));
  answer.set_payload_bytes(bytes);
  const bool partial = fault_ == Fault::kHangsInsideAnswer || fault_ == Fault::kChunkOutOfPlace ||
                       fault_ == Fault::kChunkOfNothing;
  if (fault_ == Fault::kAnswersInOneGiantMessage) {
    answer.set_data(std::string(kMaxMessageBytes, '\0'));
  } else if (fault_ == Fault::kAnswersBeforeTheRequest) {
    answer.set_data("four");
  } else {
    answer.set_data(std::string(partial ? bytes / 2 : bytes, '\0'));
  }
  return message;
}

grpc::Status FaultyAccelerator::ServeRequests(grpc::ServerContext& context, Stream& stream) const {
  pb::ClientMessage message;
  while (stream.Read(&message)) {
    if (fault_ == Fault::kLeavesAtRequest) return grpc::Status::OK;
    if (fault_ == Fault::kHangsAtAnswer) Hang(context);
    if (fault_ == Fault::kEmptyMessage) stream.Write(pb::ServerMessage());
    const pb::ExchangeRequest& request = message.request();
    if (fault_ == Fault::kAnswersBeforeTheRequest) stream.Write(MakeAnswer(request));
    if (!Swallow(stream, request)) break;
    if (fault_ != Fault::kAnswersBeforeTheRequest) stream.Write(MakeAnswer(request));
    if (fault_ == Fault::kAnswersTwice) stream.Write(MakeAnswer(request));
    if (fault_ == Fault::kHangsInsideAnswer) Hang(context);
    if (fault_ == Fault::kChunkOutOfPlace || fault_ == Fault::kChunkOfNothing) {
      pb::ServerMessage chunk;
      chunk.mutable_chunk()->set_sequence(request.sequence());
      chunk.mutable_chunk()->set_offset(fault_ == Fault::kChunkOutOfPlace ? 0 : 4);
      if (fault_ == Fault::kChunkOutOfPlace) chunk.mutable_chunk()->set_data("four");
      stream.Write(chunk);
    }
  }
  return grpc::Status::OK;
}

}  // namespace sotto
