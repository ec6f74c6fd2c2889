// A session's exchanges through shared memory. The gRPC stream stays open beside it: it notices
// when the peer dies, and rings the doorbell of a server that sleeps.
#ifndef SOTTO_PROTOCOL_SHM_TRANSPORT_H_
#define SOTTO_PROTOCOL_SHM_TRANSPORT_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "protocol/grpc_stream.h"
#include "protocol/poller.h"
#include "protocol/session.h"
#include "protocol/shm_records.h"
#include "protocol/shm_region.h"
#include "protocol/shm_ring.h"

namespace sotto {

// No thread of its own: whoever waits for an answer reads the ring for everybody.
class ShmTransport final : public Transport {
 public:
  // `session` outlives the transport.
  ShmTransport(std::unique_ptr<GrpcStream> stream, ShmRegion region, Session& session);

  absl::Status Send(const std::shared_ptr<Exchange>& exchange) override;
  void Await(Exchange& exchange) override;
  void Shutdown() override;
  void Close() override;

 private:
  absl::Status WriteRequest(Exchange& exchange);
  // While the ring is full: keeps answers flowing, or the two sides could wait for each other.
  absl::Status WaitForRoom(const Exchange& exchange, Poller::Wait& pause);
  void RingDoorbell();
  // Reads answers until `exchange` is done, the session fails or the deadline passes. The caller is
  // the one reader.
  void Lead(Exchange& exchange);
  // Reads one answer if there is one. Failures end the session.
  bool ReadOne();
  absl::Status ReadAnswer();
  bool TakeLead();
  void GiveUpLead();

  Session& session_;
  ShmRegion region_;
  RingProducer requests_;
  RingConsumer answers_;  // Used by the leader alone.
  std::atomic<bool> stopped_{false};
  std::mutex sending_, mutex_;
  std::condition_variable changed_;
  bool led_ = false;  // Guarded by mutex_, as is the next.
  Poller poller_;
  const std::unique_ptr<GrpcStream> stream_;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_SHM_TRANSPORT_H_
