// A session's exchanges through memory shared with the client. The gRPC stream stays open beside
// it: the client's doorbell and its end come that way.
#ifndef SOTTO_ACCELERATOR_SHM_SESSION_IO_H_
#define SOTTO_ACCELERATOR_SHM_SESSION_IO_H_

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "accelerator/grpc_session_io.h"
#include "protocol/poller.h"
#include "protocol/shm_region.h"
#include "protocol/shm_ring.h"

namespace sotto {

class ShmSessionIo final : public SessionIo {
 public:
  // Context and stream outlive the object.
  ShmSessionIo(grpc::ServerContext& context, SessionStream& stream, ShmRegion region);
  // Waits a moment for the client to end its stream, then ends it.
  ~ShmSessionIo() override;

  absl::StatusOr<bool> Read(RequestGate& gate, Arrival& arrival) override;
  absl::Status Write(const AnswerHeader& header, std::span<const uint8_t> payload) override;
  void WriteFailure(const absl::Status& why) override { control_.WriteFailure(why); }
  void Cancel() override { control_.Cancel(); }
  bool ClientGone() const override { return ended_; }

 private:
  void WatchStream();
  // False when the stream has ended and nothing is left to read.
  absl::StatusOr<bool> WaitForRequest();
  void SleepUntilDoorbell();
  absl::Status WaitForPeer(Poller::Wait& pause) const;

  SessionStream& stream_;
  GrpcSessionIo control_;
  ShmRegion region_;
  RingConsumer requests_;
  RingProducer answers_;
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;  // Guarded by mutex_.
  std::thread watcher_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_SHM_SESSION_IO_H_
