// The gRPC service: who may open a session, and what it is told.
#ifndef SOTTO_ACCELERATOR_SERVICE_H_
#define SOTTO_ACCELERATOR_SERVICE_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "accelerator/grpc_session_io.h"
#include "accelerator/idle_watch.h"
#include "accelerator/metrics.h"
#include "accelerator/plane_offers.h"
#include "accelerator/relay_service.h"
#include "accelerator/served_model.h"
#include "accelerator/session_roster.h"
#include "protocol/accelerator.grpc.pb.h"

namespace sotto {

struct ServiceLimits {
  int max_sessions = 16;
  // Bytes of requests, answers and relayed products held at once over all sessions.
  uint64_t max_inflight_bytes = uint64_t{5} << 30;

  uint64_t session_bytes() const {
    return max_inflight_bytes / static_cast<uint64_t>(max_sessions);
  }
  // Relayed products that wait for a session to ask for them.
  uint64_t inbox_bytes() const { return session_bytes() / 5; }
  // Request and answer of one exchange: so that all sessions together stay within the limit.
  uint64_t window_bytes() const { return (session_bytes() - inbox_bytes()) / kWindowsPerSession; }
};

// What AcceleratorService serves, and how.
struct ServiceOptions {
  ServiceLimits limits{};
  std::vector<DeviceFormat> formats = {DeviceFormat::kF32, DeviceFormat::kBf16,
                                       DeviceFormat::kRing};
  std::string shm_directory = "/dev/shm";  // Empty: shared memory is never offered.
  // From a session's start to the end of its greeting.
  std::chrono::milliseconds greeting_timeout{10'000};
  // Of a session that has greeted and is silent then (IdleWatch::Session).
  std::chrono::milliseconds idle_timeout{600'000};
  RelayOptions relay{};
};

// Describe holds no thread: a client that does not take the answer would keep one of few.
class AcceleratorService final
    : public pb::Accelerator::WithCallbackMethod_Describe<pb::Accelerator::Service> {
 public:
  // Model and metrics outlive the service.
  AcceleratorService(ServedModel& model, Metrics& metrics, const ServiceOptions& options);

  // `observer` is told now, and at each change from now on, whether a session can be had. One call
  // at a time, none after the next ObserveAvailability has returned.
  void ObserveAvailability(std::function<void(bool available)> observer);
  // Takes no new session from now on and waits for those that run, `grace` at most; those that
  // remain are told that the server is shutting down. They are about to end when it returns.
  void Drain(std::chrono::milliseconds grace);

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const pb::DescribeRequest* request,
                                     pb::Description* description) override;
  grpc::Status Session(grpc::ServerContext* context, SessionStream* stream) override;
  grpc::Status Relay(grpc::ServerContext* context, RelayStream* stream) override;

  // For connections that are not gRPC's. Lives as long as the service.
  DataDoor& data_door() { return data_door_; }

 private:
  // What the two sides have agreed upon.
  struct Terms {
    NumberFormat format;  // Of the whole session.
    DeviceFormat device_format;
    DataPlaneTerms data_plane;
    RelayEnds relay;
  };
  // Hello, Welcome, Ready.
  absl::StatusOr<Terms> Greet(grpc::ServerContext& context, SessionStream& stream);
  absl::Status CheckHello(const pb::Hello& hello) const;
  absl::Status Serve(grpc::ServerContext& context, SessionStream& stream, uint64_t id);
  // Serves what has been agreed upon.
  absl::Status Run(SessionIo& io, SessionContext session);
  // RESOURCE_EXHAUSTED at the limit, UNAVAILABLE once the server is to stop; else a session is
  // counted as open.
  absl::Status TakePlace();
  void LeavePlace();
  bool HasPlace() const { return open_sessions_ < options_.limits.max_sessions; }

  ServedModel& model_;
  Metrics& metrics_;
  const ServiceOptions options_;
  RelayService relays_;
  FairScheduler scheduler_{/*slots=*/1};
  IdleWatch idle_watch_;
  SessionRoster roster_;
  DataDoor data_door_;
  pb::Description description_;
  std::atomic<uint64_t> next_session_{1};
  std::mutex mutex_;
  int open_sessions_ = 0;  // Guarded by mutex_, as are the next two.
  bool draining_ = false;
  std::condition_variable left_;  // A session was.
  std::function<void(bool)> observer_ = [](bool) {};
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_SERVICE_H_
