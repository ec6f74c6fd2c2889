#include "protocol/shm_transport.h"

#include <algorithm>

namespace sotto {
namespace {

using Clock = Exchange::Clock;

absl::Status Late() { return absl::DeadlineExceededError("no complete answer in time"); }

}  // namespace

ShmTransport::ShmTransport(std::unique_ptr<GrpcStream> stream, ShmRegion region, Session& session)
    : session_(session),
      region_(std::move(region)),
      requests_(region_.requests()),
      answers_(region_.answers()),
      stream_(std::move(stream)) {}

absl::Status ShmTransport::Send(const std::shared_ptr<Exchange>& exchange) {
  const Clock::time_point begin = Clock::now();
  std::lock_guard lock(sending_);
  SOTTO_RETURN_IF_ERROR(session_.Enter(exchange));
  const absl::Status status = session_.Touch(*exchange, [&] { return WriteRequest(*exchange); });
  if (!status.ok()) {
    session_.Fail(status);
    return session_.failure();
  }
  session_.MarkSent(*exchange);
  {
    std::lock_guard lock(mutex_);
    poller_.Sent(exchange->header.sequence, exchange->sizes.total_bytes(), Clock::now());
  }
  requests_.Publish();
  RingDoorbell();
  session_.CountSent(kRequestRecordBytes + exchange->header.payload_bytes, Clock::now() - begin);
  return absl::OkStatus();
}

absl::Status ShmTransport::WriteRequest(Exchange& exchange) {
  Poller::Wait pause(Poller::kLongestPauseInAnswer);
  const auto wait = [&] { return WaitForRoom(exchange, pause); };
  SOTTO_RETURN_IF_ERROR(requests_.Write(EncodeRequestRecord(exchange.header), wait));
  for (const std::span<const uint8_t> part : exchange.payload) {
    SOTTO_RETURN_IF_ERROR(requests_.Write(part, wait));
  }
  return absl::OkStatus();
}

absl::Status ShmTransport::WaitForRoom(const Exchange& exchange, Poller::Wait& pause) {
  if (stopped_) return session_.failure();
  RingDoorbell();
  if (TakeLead()) {
    const bool progress = ReadOne();
    GiveUpLead();
    if (progress) return absl::OkStatus();
  }
  if (pause.slow() && Clock::now() >= exchange.deadline) return Late();
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

void ShmTransport::Await(Exchange& exchange) {
  while (!stopped_ && !session_.IsDone(exchange) && Clock::now() < exchange.deadline) {
    if (TakeLead()) {
      Lead(exchange);
      GiveUpLead();
      continue;
    }
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, exchange.deadline,
                        [&] { return !led_ || stopped_ || session_.IsDone(exchange); });
  }
}

void ShmTransport::Lead(Exchange& exchange) {
  while (!stopped_ && !session_.IsDone(exchange)) {
    if (ReadOne()) continue;
    const Clock::time_point now = Clock::now();
    if (now >= exchange.deadline) return;
    std::unique_lock lock(mutex_);
    const Clock::duration sleep = poller_.UntilNextLook(now);
    if (sleep == Clock::duration::zero()) {
      lock.unlock();
      __builtin_ia32_pause();
    } else {
      changed_.wait_until(lock, std::min(now + sleep, exchange.deadline),
                          [&] { return stopped_.load(); });
    }
  }
}

bool ShmTransport::ReadOne() {
  // The reader before may have been stopped inside an answer: what follows is no record.
  if (stopped_) return false;
  const absl::StatusOr<bool> has_data = answers_.HasData();
  if (has_data.ok() && !*has_data) return false;
  if (const absl::Status status = has_data.ok() ? ReadAnswer() : has_data.status(); !status.ok()) {
    session_.Fail(status);
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
    if (stopped_) return session_.failure();
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
  SOTTO_ASSIGN_OR_RETURN(const std::shared_ptr<Exchange> exchange, session_.BeginAnswer(*header));
  {
    std::lock_guard lock(mutex_);
    poller_.Answered(header->sequence, begin);
  }
  deadline = exchange->deadline;
  end = answers_.bytes_read() + exchange->answer.size();
  return session_.Receive(*exchange, exchange->answer.size(),
                          record.size() + exchange->answer.size(),
                          [&] { return answers_.Read(exchange->answer, wait); });
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
