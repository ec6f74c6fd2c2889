#include "protocol/grpc_stream.h"

#include <algorithm>
#include <cstring>

#include "base/strings.h"
#include "protocol/grpc_status.h"
#include "protocol/message_bytes.h"

namespace sotto {
namespace {

using Clock = FrameClock;

// What a server has for its status once its half of the stream is over.
constexpr std::chrono::seconds kStatusPatience{1};

constexpr char kSessionMethod[] = "/sotto.wire.v1.Accelerator/Session";

std::string_view View(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

GrpcStream::GrpcStream(std::shared_ptr<grpc::Channel> channel, FrameReceiver& receiver)
    : stub_(std::move(channel)), receiver_(receiver) {
  stub_.PrepareBidiStreamingCall(context_.get(), kSessionMethod, {}, this);
  AddHold();  // Until EndUse(): others than gRPC's callbacks write.
  StartCall();
  // Only now: a read that fails cancels the call, and before StartCall() has asked for the server's
  // status that would take its place.
  StartRead(&bytes_in_);
}

GrpcStream::~GrpcStream() {
  Shutdown();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_.has_value(); });
}

absl::StatusOr<pb::Welcome> GrpcStream::Greet(const pb::Hello& hello, Clock::time_point deadline) {
  pb::ClientMessage message;
  *message.mutable_hello() = hello;
  SendControl(std::move(message));
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [&] { return welcome_ || ended_; });
  if (welcome_) return *welcome_;
  if (ended_) return FromPeer(*ended_);
  return absl::DeadlineExceededError("no answer to the greeting in time");
}

std::string GrpcStream::PeerCertificate() const {
  const std::shared_ptr<const grpc::AuthContext> auth = context_->auth_context();
  if (auth == nullptr) return "";
  const std::vector<grpc::string_ref> pem = auth->FindPropertyValues("x509_pem_cert");
  return pem.size() == 1 ? std::string(pem[0].data(), pem[0].size()) : "";
}

void GrpcStream::SendControl(pb::ClientMessage message) {
  std::lock_guard lock(mutex_);
  queue_.push_back({.frame = nullptr, .control = std::move(message)});
  PumpLocked();
}

void GrpcStream::RingDoorbell() {
  std::lock_guard lock(mutex_);
  if (!queue_.empty() && queue_.back().control.has_doorbell()) return;
  pb::ClientMessage message;
  message.mutable_doorbell();
  queue_.push_back({.frame = nullptr, .control = std::move(message)});
  PumpLocked();
}

void GrpcStream::AwaitEnd(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [&] { return ended_.has_value(); });
}

size_t GrpcStream::queued() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

absl::Status GrpcStream::Send(std::shared_ptr<RequestFrame> frame) {
  std::lock_guard lock(mutex_);
  queue_.push_back({.frame = std::move(frame), .control = {}});
  PumpLocked();
  return absl::OkStatus();
}

void GrpcStream::Shutdown() { context_->TryCancel(); }

void GrpcStream::Close() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  PumpLocked();
  changed_.wait_for(lock, std::chrono::seconds(1), [&] { return ended_.has_value(); });
}

void GrpcStream::EndUse() {
  {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  RemoveHold();
}

void GrpcStream::PumpLocked() {
  if (writing_ || over_) return;
  if (queue_.empty()) {
    if (closing_) StartWritesDone();
    closing_ = false;
    return;
  }
  Outgoing& front = queue_.front();
  bool last = true;
  if (front.frame != nullptr) {
    if (!FillLocked(*front.frame)) return;
    last = sent_of_front_ == front.frame->header().payload_bytes;
  } else {
    message_out_ = std::move(front.control);
  }
  front_started_ = !last;
  if (last) {
    queue_.pop_front();
    sent_of_front_ = 0;
  }
  writing_ = true;
  bytes_out_ = TakeBytes(message_out_);
  StartWrite(&bytes_out_);
}

bool GrpcStream::FillLocked(RequestFrame& frame) {
  const RequestHeader& header = frame.header();
  const uint64_t size = std::min<uint64_t>(header.payload_bytes - sent_of_front_, kMaxChunkBytes);
  const absl::Status taken = frame.Take(size, [&](const PayloadParts& from) {
    std::string* data = nullptr;
    if (front_started_) {
      pb::Chunk& chunk = *message_out_.mutable_chunk();
      chunk.set_sequence(header.sequence);
      chunk.set_offset(sent_of_front_);
      data = chunk.mutable_data();
    } else {
      EncodeRequest(header, *message_out_.mutable_request());
      data = message_out_.mutable_request()->mutable_data();
    }
    data->clear();
    data->reserve(size);
    for (const std::span<const uint8_t> part : from) data->append(View(part));
    return message_out_.ByteSizeLong();
  });
  sent_of_front_ += size;
  return taken.ok();
}

void GrpcStream::OnWriteDone(bool ok) {
  std::lock_guard lock(mutex_);
  writing_ = false;
  bytes_out_.Clear();
  if (ok) PumpLocked();
}

void GrpcStream::OnReadDone(bool ok) {
  if (!ok) {
    // OnDone says why, with the server's status if there is one: cancelled at once, the call could
    // forget it. A server can end its half of the stream without any; gRPC would then wait for this
    // side to do the same.
    alarm_.Set(std::chrono::system_clock::now() + kStatusPatience,
               [context = context_](bool expired) {
                 if (expired) context->TryCancel();
               });
    EndUse();
    return;
  }
  message_in_bytes_ = bytes_in_.Length();
  absl::Status status = ParseBytes(bytes_in_, message_in_);
  if (status.ok()) status = Handle(message_in_);
  if (!status.ok()) {
    receiver_.OnClosed(status);
    EndUse();
    Shutdown();
    return;
  }
  StartRead(&bytes_in_);
}

void GrpcStream::OnDone(const grpc::Status& status) {
  receiver_.OnClosed(FromPeer(status));
  std::lock_guard lock(mutex_);
  ended_ = status;
  changed_.notify_all();
}

absl::Status GrpcStream::Handle(const pb::ServerMessage& message) {
  switch (message.body_case()) {
    case pb::ServerMessage::kWelcome: {
      std::lock_guard lock(mutex_);
      if (welcome_) return absl::AbortedError("a second welcome");
      welcome_ = message.welcome();
      changed_.notify_all();
      return absl::OkStatus();
    }
    case pb::ServerMessage::kAnswer:
      return ReceiveAnswer(message.answer());
    case pb::ServerMessage::kChunk: {
      const pb::Chunk& chunk = message.chunk();
      if (answering_ == nullptr || chunk.sequence() != answering_->sequence()) {
        return absl::AbortedError("a chunk that continues nothing");
      }
      SOTTO_RETURN_IF_ERROR(CheckChunk(chunk.offset(), chunk.data().size(), answering_->received(),
                                       answering_->payload_bytes()));
      return ReceiveData(chunk.data());
    }
    case pb::ServerMessage::kFailure:
      return FromServersWord(message.failure().code(), message.failure().message());
    case pb::ServerMessage::BODY_NOT_SET:
      break;
  }
  return absl::AbortedError("a message that is not to be understood");
}

absl::Status GrpcStream::ReceiveAnswer(const pb::ExchangeAnswer& answer) {
  if (answering_ != nullptr) return absl::AbortedError("an answer inside another");
  SOTTO_ASSIGN_OR_RETURN(answering_, receiver_.OnAnswer(DecodeAnswer(answer)));
  if (answering_->payload_bytes() > 0 || !answer.data().empty()) {
    SOTTO_RETURN_IF_ERROR(CheckChunk(0, answer.data().size(), 0, answering_->payload_bytes()));
  }
  return ReceiveData(answer.data());
}

absl::Status GrpcStream::ReceiveData(const std::string& data) {
  const bool last = answering_->received() + data.size() == answering_->payload_bytes();
  SOTTO_RETURN_IF_ERROR(answering_->Put(data.size(), [&](std::span<uint8_t> to) {
    // A relay's source answers nothing, and there is no memory for it.
    if (!to.empty()) std::memcpy(to.data(), data.data(), to.size());
    return message_in_bytes_;
  }));
  if (last) answering_ = nullptr;
  return absl::OkStatus();
}

}  // namespace sotto
