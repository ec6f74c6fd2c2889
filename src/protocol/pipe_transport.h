// A session's frames through a data plane of its own (byte_pipe.h). The gRPC stream stays open
// beside it: it carries the greeting, with the keys, notices when the peer dies, and rings the
// doorbell of a server that sleeps.
#ifndef SOTTO_PROTOCOL_PIPE_TRANSPORT_H_
#define SOTTO_PROTOCOL_PIPE_TRANSPORT_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "protocol/byte_pipe.h"
#include "protocol/record_pipe.h"
#include "protocol/transport.h"

namespace sotto {

// No thread of its own: whoever waits for an answer reads the pipe for everybody.
class PipeTransport final : public Transport {
 public:
  // `receiver` outlives the transport. Without keys everything travels as it is.
  PipeTransport(std::unique_ptr<ControlStream> stream, std::unique_ptr<BytePipe> pipe,
                const std::optional<PlaneKeys>& keys, FrameReceiver& receiver);

  absl::Status Send(std::shared_ptr<RequestFrame> frame) override;
  void Receive(absl::FunctionRef<bool()> enough, FrameClock::time_point until) override;
  void Shutdown() override;
  void Close() override;

 private:
  // The bytes of the pipe that it takes.
  absl::StatusOr<uint64_t> WriteRequest(const RequestFrame& frame, const PayloadParts& payload,
                                        PipeWait wait);
  // While there is no room: keeps answers flowing, or the two sides could wait for each other.
  absl::Status WaitForRoom(FrameClock::time_point deadline, Poller::Wait& pause);
  // As Receive, for the one reader.
  void Lead(absl::FunctionRef<bool()> enough, FrameClock::time_point until);
  // Reads one answer if there is one: its record by `deadline`, its payload by its own. Failures
  // close the transport.
  bool ReadOne(FrameClock::time_point deadline);
  absl::Status ReadAnswer(FrameClock::time_point deadline);
  bool TakeLead();
  // One that has failed keeps it: what follows in the pipe may be no record, and nobody may read
  // on.
  void GiveUpLead();
  // `status` of the pipe. When the connection is gone the stream may know better why, soon.
  absl::Status AfterTheStream(absl::Status status);

  FrameReceiver& receiver_;
  const std::unique_ptr<BytePipe> pipe_;
  RecordPipe records_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool led_ = false;     // Guarded by mutex_.
  bool broken_ = false;  // The leader's: it failed, perhaps inside an answer.
  const std::unique_ptr<ControlStream> stream_;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_PIPE_TRANSPORT_H_
