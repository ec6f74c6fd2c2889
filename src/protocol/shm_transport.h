// A session's frames through shared memory. The gRPC stream stays open beside it: it notices
// when the peer dies, and rings the doorbell of a server that sleeps.
#ifndef SOTTO_PROTOCOL_SHM_TRANSPORT_H_
#define SOTTO_PROTOCOL_SHM_TRANSPORT_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "protocol/grpc_stream.h"
#include "protocol/poller.h"
#include "protocol/shm_records.h"
#include "protocol/shm_region.h"
#include "protocol/shm_ring.h"
#include "protocol/transport.h"

namespace sotto {

// No thread of its own: whoever waits for an answer reads the ring for everybody.
class ShmTransport final : public Transport {
 public:
  // `receiver` outlives the transport.
  ShmTransport(std::unique_ptr<GrpcStream> stream, ShmRegion region, FrameReceiver& receiver);

  absl::Status Send(std::shared_ptr<RequestFrame> frame) override;
  void Receive(absl::FunctionRef<bool()> enough, FrameClock::time_point until) override;
  void Shutdown() override;
  void Close() override;

 private:
  // The bytes of the ring that it takes.
  absl::StatusOr<uint64_t> WriteRequest(const RequestFrame& frame, const PayloadParts& payload);
  // While the ring is full: keeps answers flowing, or the two sides could wait for each other.
  absl::Status WaitForRoom(FrameClock::time_point deadline, Poller::Wait& pause);
  void RingDoorbell();
  // As Receive, for the one reader.
  void Lead(absl::FunctionRef<bool()> enough, FrameClock::time_point until);
  // Reads one answer if there is one. Failures close the pipe.
  bool ReadOne();
  absl::Status ReadAnswer();
  bool TakeLead();
  void GiveUpLead();

  FrameReceiver& receiver_;
  ShmRegion region_;
  RingProducer requests_;
  RingConsumer answers_;  // Used by the leader alone.
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool led_ = false;  // Guarded by mutex_, as is the next.
  Poller poller_;
  const std::unique_ptr<GrpcStream> stream_;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_SHM_TRANSPORT_H_
