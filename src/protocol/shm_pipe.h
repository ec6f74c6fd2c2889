// A data plane through shared memory: a ring for each direction. There is no futex between
// processes that do not trust each other, so each side looks, again and again (poller.h).
#ifndef SOTTO_PROTOCOL_SHM_PIPE_H_
#define SOTTO_PROTOCOL_SHM_PIPE_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "protocol/byte_pipe.h"
#include "protocol/shm_region.h"
#include "protocol/shm_ring.h"

namespace sotto {

class ShmPipe : public BytePipe {
 public:
  absl::Status Write(std::span<const uint8_t> bytes, PayloadCipher* cipher, PipeWait wait) final {
    return out_.Write(bytes, cipher, wait);
  }
  absl::Status Flush(PipeWait wait) override;
  absl::StatusOr<bool> HasData() final { return in_.HasData(); }
  absl::Status Read(std::span<uint8_t> bytes, PayloadCipher* cipher, PipeWait wait) final {
    return in_.Read(bytes, cipher, wait);
  }
  uint64_t bytes_read() const final { return in_.bytes_read(); }
  bool Pause(For what, Poller::Wait& pause) override;
  void Stop() final;

 protected:
  ShmPipe(ShmRegion region, RingMemory (ShmRegion::*out)(), RingMemory (ShmRegion::*in)());

  ShmRegion region_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable changed_;

 private:
  RingProducer out_;
  RingConsumer in_;
};

class ShmClientPipe final : public ShmPipe {
 public:
  // `ring_doorbell` wakes a server that sleeps.
  ShmClientPipe(ShmRegion region, std::function<void()> ring_doorbell);

  absl::Status Flush(PipeWait wait) override;
  bool Pause(For what, Poller::Wait& pause) override;
  void AwaitData(Clock::time_point until) override;
  void Sending(uint64_t sequence, uint64_t bytes) override;
  void Answered(uint64_t sequence, Clock::time_point when) override;

 private:
  void RingDoorbell();

  const std::function<void()> ring_doorbell_;
  Poller poller_;  // Guarded by mutex_.
};

class ShmServerPipe final : public ShmPipe {
 public:
  explicit ShmServerPipe(ShmRegion region);

  // Sleeps until the doorbell (Wake) once the client has been silent for a while.
  void AwaitData(Clock::time_point until) override;
  void Wake() override;

 private:
  void SleepUntilDoorbell(Clock::time_point until);

  bool rung_ = false;  // Guarded by mutex_.
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_SHM_PIPE_H_
