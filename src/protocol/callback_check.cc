#include "protocol/callback_check.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <mutex>

namespace sotto {
namespace {

class CancelledCall final : private grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit CancelledCall(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    context_.TryCancel();
    stub_.PrepareBidiStreamingCall(&context_, "/sotto.wire.v1.Accelerator/Session", {}, this);
    StartCall();
  }

  bool EndsBy(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [&] { return ended_; });
  }

 private:
  void OnDone(const grpc::Status&) override {
    std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
};

}  // namespace

absl::Status CheckCallbacks(const std::shared_ptr<grpc::Channel>& channel,
                            std::chrono::steady_clock::time_point deadline) {
  auto call = std::make_unique<CancelledCall>(channel);
  if (call->EndsBy(deadline)) return absl::OkStatus();
  static_cast<void>(call.release());
  return absl::ResourceExhaustedError(
      "gRPC does not run: it could not start its threads (check the limits on threads and address "
      "space)");
}

}  // namespace sotto
