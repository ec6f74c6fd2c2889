#include "protocol/grpc_stream.h"

#include <algorithm>
#include <cstring>

#include "base/strings.h"
#include "protocol/grpc_status.h"
#include "protocol/message_bytes.h"

namespace sotto {
namespace {

using Clock = Exchange::Clock;

constexpr char kSessionMethod[] = "/sotto.wire.v1.Accelerator/Session";

// Copies payload bytes [offset, offset + size) into `out`, across the payload's two parts.
void CopyPayload(const Exchange& exchange, uint64_t offset, uint64_t size, std::string& out) {
  out.clear();
  out.reserve(size);
  for (const std::span<const uint8_t> part : exchange.payload) {
    if (offset >= part.size()) {
      offset -= part.size();
      continue;
    }
    const uint64_t n = std::min<uint64_t>(size, part.size() - offset);
    out.append(reinterpret_cast<const char*>(part.data()) + offset, n);
    size -= n;
    offset = 0;
    if (size == 0) return;
  }
}

}  // namespace

GrpcStream::GrpcStream(std::shared_ptr<grpc::Channel> channel, Session& session)
    : stub_(std::move(channel)), session_(session) {
  stub_.PrepareBidiStreamingCall(&context_, kSessionMethod, {}, this);
  StartRead(&bytes_in_);
  StartCall();
}

GrpcStream::~GrpcStream() {
  Shutdown();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return finished_; });
}

absl::StatusOr<pb::Welcome> GrpcStream::Greet(const pb::Hello& hello, Clock::time_point deadline) {
  pb::ClientMessage message;
  *message.mutable_hello() = hello;
  SendControl(std::move(message));
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [&] { return welcome_ || finished_; });
  if (welcome_) return *welcome_;
  const bool finished = finished_;
  lock.unlock();
  if (!finished) session_.Fail(absl::DeadlineExceededError("no answer to the greeting in time"));
  return session_.failure();
}

std::string GrpcStream::PeerCertificate() const {
  const std::shared_ptr<const grpc::AuthContext> auth = context_.auth_context();
  if (auth == nullptr) return "";
  const std::vector<grpc::string_ref> pem = auth->FindPropertyValues("x509_pem_cert");
  return pem.size() == 1 ? std::string(pem[0].data(), pem[0].size()) : "";
}

void GrpcStream::SendControl(pb::ClientMessage message) {
  std::lock_guard lock(mutex_);
  queue_.push_back({.exchange = nullptr, .control = std::move(message)});
  PumpLocked();
}

void GrpcStream::RingDoorbell() {
  std::lock_guard lock(mutex_);
  if (!queue_.empty() && queue_.back().control.has_doorbell()) return;
  pb::ClientMessage message;
  message.mutable_doorbell();
  queue_.push_back({.exchange = nullptr, .control = std::move(message)});
  PumpLocked();
}

size_t GrpcStream::queued() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

absl::Status GrpcStream::Send(const std::shared_ptr<Exchange>& exchange) {
  std::lock_guard lock(mutex_);
  SOTTO_RETURN_IF_ERROR(session_.Enter(exchange));
  queue_.push_back({.exchange = exchange, .control = {}});
  PumpLocked();
  return absl::OkStatus();
}

void GrpcStream::Await(Exchange& exchange) { session_.WaitForChange(exchange, exchange.deadline); }

void GrpcStream::Shutdown() { context_.TryCancel(); }

void GrpcStream::Close() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  PumpLocked();
  changed_.wait_for(lock, std::chrono::seconds(1), [&] { return finished_; });
}

void GrpcStream::PumpLocked() {
  if (writing_ || finished_) return;
  if (queue_.empty()) {
    if (closing_) StartWritesDone();
    closing_ = false;
    return;
  }
  Outgoing& front = queue_.front();
  bool last = true;
  if (front.exchange != nullptr) {
    if (!FillLocked(*front.exchange)) return;
    last = sent_of_front_ == front.exchange->header.payload_bytes;
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

bool GrpcStream::FillLocked(Exchange& exchange) {
  const Clock::time_point begin = Clock::now();
  const uint64_t size =
      std::min<uint64_t>(exchange.header.payload_bytes - sent_of_front_, kMaxChunkBytes);
  std::string* data = nullptr;
  if (front_started_) {
    pb::Chunk& chunk = *message_out_.mutable_chunk();
    chunk.set_sequence(exchange.header.sequence);
    chunk.set_offset(sent_of_front_);
    data = chunk.mutable_data();
  } else {
    EncodeRequest(exchange.header, *message_out_.mutable_request());
    data = message_out_.mutable_request()->mutable_data();
  }
  const absl::Status copied = session_.Touch(exchange, [&] {
    CopyPayload(exchange, sent_of_front_, size, *data);
    return absl::OkStatus();
  });
  if (!copied.ok()) return false;
  sent_of_front_ += size;
  if (sent_of_front_ == exchange.header.payload_bytes) session_.MarkSent(exchange);
  session_.CountSent(message_out_.ByteSizeLong(), Clock::now() - begin);
  return true;
}

void GrpcStream::OnWriteDone(bool ok) {
  std::lock_guard lock(mutex_);
  writing_ = false;
  bytes_out_.Clear();
  if (ok) PumpLocked();
}

void GrpcStream::OnReadDone(bool ok) {
  if (!ok) {
    // OnDone says why, with the server's status if there is one. A server can end its half of the
    // stream without any; gRPC would then wait for this side to do the same.
    Shutdown();
    return;
  }
  message_in_bytes_ = bytes_in_.Length();
  absl::Status status = ParseBytes(bytes_in_, message_in_);
  if (status.ok()) status = Receive(message_in_);
  if (!status.ok()) {
    session_.Fail(status);
    Shutdown();
    return;
  }
  StartRead(&bytes_in_);
}

void GrpcStream::OnDone(const grpc::Status& status) {
  session_.Fail(FromPeer(status));
  std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

absl::Status GrpcStream::Receive(const pb::ServerMessage& message) {
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
      if (answering_ == nullptr || chunk.sequence() != answering_->header.sequence) {
        return absl::AbortedError("a chunk that continues nothing");
      }
      SOTTO_RETURN_IF_ERROR(CheckChunk(chunk.offset(), chunk.data().size(), answering_->received,
                                       answering_->sizes.answer_bytes));
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
  SOTTO_ASSIGN_OR_RETURN(answering_, session_.BeginAnswer(DecodeAnswer(answer)));
  if (answering_->sizes.answer_bytes > 0 || !answer.data().empty()) {
    SOTTO_RETURN_IF_ERROR(CheckChunk(0, answer.data().size(), 0, answering_->sizes.answer_bytes));
  }
  return ReceiveData(answer.data());
}

absl::Status GrpcStream::ReceiveData(const std::string& data) {
  Exchange& exchange = *answering_;
  const uint64_t offset = exchange.received;  // Only this thread changes it.
  const bool last = offset + data.size() == exchange.sizes.answer_bytes;
  SOTTO_RETURN_IF_ERROR(session_.Receive(exchange, data.size(), message_in_bytes_, [&] {
    // A relay's source answers nothing, and there is no memory for it.
    if (!data.empty()) std::memcpy(exchange.answer.data() + offset, data.data(), data.size());
    return absl::OkStatus();
  }));
  if (last) answering_ = nullptr;
  return absl::OkStatus();
}

}  // namespace sotto
