#include "protocol/shm_pipe.h"

#include <algorithm>
#include <utility>

namespace sotto {

ShmPipe::ShmPipe(ShmRegion region, RingMemory (ShmRegion::*out)(), RingMemory (ShmRegion::*in)())
    : region_(std::move(region)), out_((region_.*out)()), in_((region_.*in)()) {}

absl::Status ShmPipe::Flush(PipeWait) {
  out_.Publish();
  return absl::OkStatus();
}

bool ShmPipe::Pause(For, Poller::Wait& pause) {
  pause.Pause();
  return pause.slow();
}

void ShmPipe::Stop() {
  stopped_ = true;
  std::lock_guard lock(mutex_);
  changed_.notify_all();
}

ShmClientPipe::ShmClientPipe(ShmRegion region, std::function<void()> ring_doorbell)
    : ShmPipe(std::move(region), &ShmRegion::requests, &ShmRegion::answers),
      ring_doorbell_(std::move(ring_doorbell)) {}

absl::Status ShmClientPipe::Flush(PipeWait wait) {
  SOTTO_RETURN_IF_ERROR(ShmPipe::Flush(wait));
  RingDoorbell();
  return absl::OkStatus();
}

bool ShmClientPipe::Pause(For what, Poller::Wait& pause) {
  if (what != For::kReading) RingDoorbell();
  return ShmPipe::Pause(what, pause);
}

void ShmClientPipe::RingDoorbell() {
  // The server says that it sleeps, then looks at the tail again; here the tail was moved first.
  std::atomic_ref<uint64_t> asleep(*region_.asleep_of_server());
  if (asleep.load() == 0) return;
  asleep.store(0);
  ring_doorbell_();
}

void ShmClientPipe::AwaitData(Clock::time_point until) {
  const Clock::time_point now = Clock::now();
  std::unique_lock lock(mutex_);
  const Clock::duration sleep = poller_.UntilNextLook(now);
  if (sleep == Clock::duration::zero()) {
    lock.unlock();
    __builtin_ia32_pause();
  } else {
    changed_.wait_until(lock, std::min(now + sleep, until), [&] { return stopped_.load(); });
  }
}

void ShmClientPipe::Sending(uint64_t sequence, uint64_t bytes) {
  std::lock_guard lock(mutex_);
  poller_.Sent(sequence, bytes, Clock::now());
}

void ShmClientPipe::Answered(uint64_t sequence, Clock::time_point when) {
  std::lock_guard lock(mutex_);
  poller_.Answered(sequence, when);
}

ShmServerPipe::ShmServerPipe(ShmRegion region)
    : ShmPipe(std::move(region), &ShmRegion::answers, &ShmRegion::requests) {}

void ShmServerPipe::AwaitData(Clock::time_point until) {
  Poller::Wait pause;
  while (!stopped_) {
    const absl::StatusOr<bool> has_data = HasData();
    if (!has_data.ok() || *has_data) return;
    if (pause.slow() && Clock::now() >= until) return;
    if (pause.idle()) {
      SleepUntilDoorbell(until);
      pause.Reset();
    }
    pause.Pause();
  }
}

void ShmServerPipe::SleepUntilDoorbell(Clock::time_point until) {
  std::atomic_ref<uint64_t> asleep(*region_.asleep_of_server());
  asleep.store(1);
  // What was published before the client could see the flag rings no bell.
  const absl::StatusOr<bool> has_data = HasData();
  if (has_data.ok() && !*has_data) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [&] { return rung_ || stopped_; });
    rung_ = false;
  }
  asleep.store(0);
}

void ShmServerPipe::Wake() {
  std::lock_guard lock(mutex_);
  rung_ = true;
  changed_.notify_all();
}

}  // namespace sotto
