#include "protocol/pipe_transport.h"

#include <utility>

#include "protocol/records.h"

namespace sotto {
namespace {

using Clock = FrameClock;

// For the server's word on why it left, once the data plane has ended.
constexpr std::chrono::seconds kLastWord{1};

absl::Status Late() { return absl::DeadlineExceededError("no complete answer in time"); }
absl::Status Stopped() { return absl::CancelledError("the data plane is no longer used"); }

}  // namespace

PipeTransport::PipeTransport(std::unique_ptr<ControlStream> stream, std::unique_ptr<BytePipe> pipe,
                             const std::optional<PlaneKeys>& keys, FrameReceiver& receiver)
    : receiver_(receiver),
      pipe_(std::move(pipe)),
      records_(*pipe_, keys, RecordPipe::Side::kClient),
      stream_(std::move(stream)) {}

absl::Status PipeTransport::Send(std::shared_ptr<RequestFrame> frame) {
  Poller::Wait pause(Poller::kLongestPauseInAnswer);
  const auto wait = [&] { return WaitForRoom(frame->deadline(), pause); };
  const absl::Status taken =
      frame->Take(frame->header().payload_bytes,
                  [&](const PayloadParts& payload) { return WriteRequest(*frame, payload, wait); });
  if (!taken.ok()) return AfterTheStream(taken);
  pipe_->Sending(frame->header().sequence, frame->exchange_bytes());
  return AfterTheStream(pipe_->Flush(wait));
}

absl::StatusOr<uint64_t> PipeTransport::WriteRequest(const RequestFrame& frame,
                                                     const PayloadParts& payload, PipeWait wait) {
  SOTTO_RETURN_IF_ERROR(records_.WriteRecord(EncodeRequestRecord(frame.header()), wait));
  for (const std::span<const uint8_t> part : payload) {
    SOTTO_RETURN_IF_ERROR(records_.WritePayload(part, wait));
  }
  return kRequestRecordBytes + frame.header().payload_bytes;
}

absl::Status PipeTransport::WaitForRoom(Clock::time_point deadline, Poller::Wait& pause) {
  if (stopped_) return Stopped();
  if (TakeLead()) {
    const bool progress = ReadOne(deadline);
    GiveUpLead();
    if (progress) return absl::OkStatus();
  }
  if (pipe_->Pause(BytePipe::For::kEither, pause) && Clock::now() >= deadline) return Late();
  return absl::OkStatus();
}

void PipeTransport::Receive(absl::FunctionRef<bool()> enough, Clock::time_point until) {
  while (!stopped_ && !enough() && Clock::now() < until) {
    if (TakeLead()) {
      Lead(enough, until);
      GiveUpLead();
      continue;
    }
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [&] { return !led_ || stopped_ || enough(); });
  }
}

void PipeTransport::Lead(absl::FunctionRef<bool()> enough, Clock::time_point until) {
  while (!stopped_ && !enough()) {
    if (ReadOne(until)) continue;
    if (broken_ || Clock::now() >= until) return;
    pipe_->AwaitData(until);
  }
}

bool PipeTransport::ReadOne(Clock::time_point deadline) {
  if (stopped_) return false;
  const absl::StatusOr<bool> has_data = pipe_->HasData();
  if (has_data.ok() && !*has_data) return false;
  if (const absl::Status status = has_data.ok() ? ReadAnswer(deadline) : has_data.status();
      !status.ok()) {
    broken_ = true;
    receiver_.OnClosed(AfterTheStream(status));
    return false;
  }
  std::lock_guard lock(mutex_);
  changed_.notify_all();
  return true;
}

absl::Status PipeTransport::ReadAnswer(Clock::time_point deadline) {
  const Clock::time_point begin = Clock::now();
  Poller::Wait pause(Poller::kLongestPauseInAnswer);
  // Bytes of the pipe: when last waited, and up to the answer's end.
  uint64_t read = pipe_->bytes_read(), end = read;
  const auto wait = [&]() -> absl::Status {
    if (stopped_) return Stopped();
    const uint64_t now_read = pipe_->bytes_read();
    if (now_read != read) pause.Expect(Poller::TimeToCopy((end - now_read) / 2));
    read = now_read;
    if (pipe_->Pause(BytePipe::For::kReading, pause) && Clock::now() >= deadline) return Late();
    return absl::OkStatus();
  };
  AnswerRecord record;
  SOTTO_RETURN_IF_ERROR(records_.ReadRecord(record, wait));
  const absl::StatusOr<AnswerHeader> header = DecodeAnswerRecord(record);
  if (!header.ok()) return absl::AbortedError(header.status().message());
  SOTTO_ASSIGN_OR_RETURN(const std::shared_ptr<AnswerFrame> answer, receiver_.OnAnswer(*header));
  pipe_->Answered(header->sequence, begin);
  deadline = answer->deadline();
  end = pipe_->bytes_read() + answer->payload_bytes();
  return answer->Put(answer->payload_bytes(),
                     [&](std::span<uint8_t> to) -> absl::StatusOr<uint64_t> {
                       SOTTO_RETURN_IF_ERROR(records_.ReadPayload(to, wait));
                       return record.size() + to.size();
                     });
}

bool PipeTransport::TakeLead() {
  std::lock_guard lock(mutex_);
  if (led_) return false;
  led_ = true;
  return true;
}

void PipeTransport::GiveUpLead() {
  std::lock_guard lock(mutex_);
  led_ = broken_;
  changed_.notify_all();
}

absl::Status PipeTransport::AfterTheStream(absl::Status status) {
  if (absl::IsUnavailable(status)) stream_->AwaitEnd(Clock::now() + kLastWord);
  return status;
}

void PipeTransport::Shutdown() {
  stopped_ = true;
  {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  pipe_->Stop();
  stream_->Shutdown();
}

void PipeTransport::Close() { stream_->Close(); }

}  // namespace sotto
