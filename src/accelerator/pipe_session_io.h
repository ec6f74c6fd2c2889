// A session's exchanges through a data plane of its own (byte_pipe.h). The gRPC stream stays open
// beside it: the client's doorbell and its end come that way.
#ifndef SOTTO_ACCELERATOR_PIPE_SESSION_IO_H_
#define SOTTO_ACCELERATOR_PIPE_SESSION_IO_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "accelerator/grpc_session_io.h"
#include "protocol/byte_pipe.h"
#include "protocol/record_pipe.h"

namespace sotto {

class PipeSessionIo final : public SessionIo {
 public:
  // Context and stream outlive the object. Without keys everything travels as it is.
  PipeSessionIo(grpc::ServerContext& context, SessionStream& stream, std::unique_ptr<BytePipe> pipe,
                const std::optional<PlaneKeys>& keys);
  // Waits a moment for the client to end its stream, then ends it.
  ~PipeSessionIo() override;

  absl::StatusOr<bool> Read(RequestGate& gate, Arrival& arrival) override;
  absl::Status Write(const AnswerHeader& header, std::span<const uint8_t> payload) override;
  void WriteFailure(const absl::Status& why) override { control_.WriteFailure(why); }
  void Cancel() override { control_.Cancel(); }
  bool ClientGone() const override { return ended_; }

 private:
  void WatchStream();
  // False when the stream has ended and nothing is left to read.
  absl::StatusOr<bool> WaitForRequest();
  absl::Status WaitForPeer(BytePipe::For what, Poller::Wait& pause);

  SessionStream& stream_;
  GrpcSessionIo control_;
  const std::unique_ptr<BytePipe> pipe_;
  RecordPipe records_;
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::condition_variable changed_;  // When ended_ has.
  std::thread watcher_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_PIPE_SESSION_IO_H_
