#include "accelerator/pipe_session_io.h"

#include <utility>

#include "protocol/records.h"

namespace sotto {
namespace {

constexpr std::chrono::seconds kControlGoodbye{1};

}  // namespace

PipeSessionIo::PipeSessionIo(grpc::ServerContext& context, SessionStream& stream,
                             std::unique_ptr<BytePipe> pipe, const std::optional<PlaneKeys>& keys)
    : stream_(stream),
      control_(context, stream),
      pipe_(std::move(pipe)),
      records_(*pipe_, keys, RecordPipe::Side::kServer),
      watcher_([this] { WatchStream(); }) {}

PipeSessionIo::~PipeSessionIo() {
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kControlGoodbye, [&] { return ended_.load(); })) control_.Cancel();
  }
  watcher_.join();
}

void PipeSessionIo::WatchStream() {
  pb::ClientMessage message;
  while (stream_.Read(&message) && message.has_doorbell()) pipe_->Wake();
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  pipe_->Stop();
}

absl::StatusOr<bool> PipeSessionIo::Read(RequestGate& gate, Arrival& arrival) {
  SOTTO_ASSIGN_OR_RETURN(const bool more, WaitForRequest());
  if (!more) return false;
  Poller::Wait pause;
  const auto wait = [&] { return WaitForPeer(BytePipe::For::kReading, pause); };
  RequestRecord record;
  SOTTO_RETURN_IF_ERROR(AsClientsFault(records_.ReadRecord(record, wait)));
  SOTTO_ASSIGN_OR_RETURN(arrival.request, DecodeRequestRecord(record));
  SOTTO_ASSIGN_OR_RETURN(arrival.sizes, gate.Admit(arrival.request));
  arrival.payload.Resize(arrival.sizes.request_bytes);
  std::span<uint8_t> payload = arrival.payload.bytes();
  if (arrival.request.operation == Operation::kMatMul) {
    // The operands are padded one by one.
    const MatMulShape& shape = arrival.request.mat_mul;
    const size_t left = size_t{shape.batch} * shape.m * shape.k * sizeof(float);
    SOTTO_RETURN_IF_ERROR(records_.ReadPayload(payload.first(left), wait));
    payload = payload.subspan(left);
  }
  SOTTO_RETURN_IF_ERROR(records_.ReadPayload(payload, wait));
  return true;
}

absl::StatusOr<bool> PipeSessionIo::WaitForRequest() {
  while (true) {
    const absl::StatusOr<bool> has_data = pipe_->HasData();
    if (has_data.ok() && *has_data) return true;
    if (ended_) return false;
    SOTTO_RETURN_IF_ERROR(has_data.status());
    pipe_->AwaitData(BytePipe::Clock::time_point::max());
  }
}

absl::Status PipeSessionIo::WaitForPeer(BytePipe::For what, Poller::Wait& pause) {
  if (ended_) return absl::CancelledError("the client disconnected");
  pipe_->Pause(what, pause);
  return absl::OkStatus();
}

absl::Status PipeSessionIo::Write(const AnswerHeader& header, std::span<const uint8_t> payload) {
  Poller::Wait pause;
  const auto wait = [&] { return WaitForPeer(BytePipe::For::kWriting, pause); };
  SOTTO_RETURN_IF_ERROR(records_.WriteRecord(EncodeAnswerRecord(header), wait));
  SOTTO_RETURN_IF_ERROR(records_.WritePayload(payload, wait));
  return pipe_->Flush(wait);
}

}  // namespace sotto
