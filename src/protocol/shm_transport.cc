#include "protocol/shm_transport.h"

#include <algorithm>

namespace sotto {
namespace {

using Clock = FrameClock;

absl::Status Late() { return absl::DeadlineExceededError("no complete answer in time"); }
absl::Status Stopped() { return absl::CancelledError("the shared memory is no longer used"); }

}  // namespace

ShmTransport::ShmTransport(std::unique_ptr<GrpcStream> stream, ShmRegion region,
                           FrameReceiver& receiver)
    : receiver_(receiver),
      region_(std::move(region)),
      requests_(region_.requests()),
      answers_(region_.answers()),
      stream_(std::move(stream)) {}

absl::Status ShmTransport::Send(std::shared_ptr<RequestFrame> frame) {
  SOTTO_RETURN_IF_ERROR(
      frame->Take(frame->header().payload_bytes,
                  [&](const PayloadParts& payload) { return WriteRequest(*frame, payload); }));
  {
    std::lock_guard lock(mutex_);
    poller_.Sent(frame->header().sequence, frame->exchange_bytes(), Clock::now());
  }
  requests_.Publish();
  RingDoorbell();
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ShmTransport::WriteRequest(const RequestFrame& frame,
                                                    const PayloadParts& payload) {
  Poller::Wait pause(Poller::kLongestPauseInAnswer);
  const auto wait = [&] { return WaitForRoom(frame.deadline(), pause); };
  SOTTO_RETURN_IF_ERROR(requests_.Write(EncodeRequestRecord(frame.header()), wait));
  for (const std::span<const uint8_t> part : payload) {
    SOTTO_RETURN_IF_ERROR(requests_.Write(part, wait));
  }
  return kRequestRecordBytes + frame.header().payload_bytes;
}

absl::Status ShmTransport::WaitForRoom(Clock::time_point deadline, Poller::Wait& pause) {
  if (stopped_) return Stopped();
  RingDoorbell();
  if (TakeLead()) {
    const bool progress = ReadOne();
    GiveUpLead();
    if (progress) return absl::OkStatus();
  }
  if (pause.slow() && Clock::now() >= deadline) return Late();
  pause.Pause();
  return absl::OkStatus();
}

void ShmTransport::RingDoorbell() {
  // The server says that it sleeps, then looks at the tail again; here the tail was moved first.
  std::atomic_ref<uint64_t> asleep(*region_.asleep_of_server());
  if (asleep.load() == 0) return;
  asleep.store(0);
  stream_->RingDoorbell();
}

void ShmTransport::Receive(absl::FunctionRef<bool()> enough, Clock::time_point until) {
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

void ShmTransport::Lead(absl::FunctionRef<bool()> enough, Clock::time_point until) {
  while (!stopped_ && !enough()) {
    if (ReadOne()) continue;
    const Clock::time_point now = Clock::now();
    if (now >= until) return;
    std::unique_lock lock(mutex_);
    const Clock::duration sleep = poller_.UntilNextLook(now);
    if (sleep == Clock::duration::zero()) {
      lock.unlock();
      __builtin_ia32_pause();
    } else {
      changed_.wait_until(lock, std::min(now + sleep, until), [&] { return stopped_.load(); });
    }
  }
}

bool ShmTransport::ReadOne() {
  // The reader before may have been stopped inside an answer: what follows is no record.
  if (stopped_) return false;
  const absl::StatusOr<bool> has_data = answers_.HasData();
  if (has_data.ok() && !*has_data) return false;
  if (const absl::Status status = has_data.ok() ? ReadAnswer() : has_data.status(); !status.ok()) {
    receiver_.OnClosed(status);
    return false;
  }
  std::lock_guard lock(mutex_);
  changed_.notify_all();
  return true;
}

absl::Status ShmTransport::ReadAnswer() {
  const Clock::time_point begin = Clock::now();
  Poller::Wait pause(Poller::kLongestPauseInAnswer);
  Clock::time_point deadline = Clock::time_point::max();
  // Bytes of the ring: when last waited, and up to the answer's end.
  uint64_t read = answers_.bytes_read(), end = read;
  const auto wait = [&]() -> absl::Status {
    if (stopped_) return Stopped();
    if (pause.slow() && Clock::now() >= deadline) return Late();
    const uint64_t now_read = answers_.bytes_read();
    if (now_read != read) pause.Expect(Poller::TimeToCopy((end - now_read) / 2));
    read = now_read;
    pause.Pause();
    return absl::OkStatus();
  };
  AnswerRecord record;
  SOTTO_RETURN_IF_ERROR(answers_.Read(record, wait));  // Records are published whole: no wait.
  const absl::StatusOr<AnswerHeader> header = DecodeAnswerRecord(record);
  if (!header.ok()) return absl::AbortedError(header.status().message());
  SOTTO_ASSIGN_OR_RETURN(const std::shared_ptr<AnswerFrame> answer, receiver_.OnAnswer(*header));
  {
    std::lock_guard lock(mutex_);
    poller_.Answered(header->sequence, begin);
  }
  deadline = answer->deadline();
  end = answers_.bytes_read() + answer->payload_bytes();
  return answer->Put(answer->payload_bytes(),
                     [&](std::span<uint8_t> to) -> absl::StatusOr<uint64_t> {
                       SOTTO_RETURN_IF_ERROR(answers_.Read(to, wait));
                       return record.size() + to.size();
                     });
}

bool ShmTransport::TakeLead() {
  std::lock_guard lock(mutex_);
  if (led_) return false;
  led_ = true;
  return true;
}

void ShmTransport::GiveUpLead() {
  std::lock_guard lock(mutex_);
  led_ = false;
  changed_.notify_all();
}

void ShmTransport::Shutdown() {
  stopped_ = true;
  {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  stream_->Shutdown();
}

void ShmTransport::Close() { stream_->Close(); }

}  // namespace sotto
