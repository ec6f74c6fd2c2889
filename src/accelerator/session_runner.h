// Serves the exchanges of one session, whatever they travel on: read, check, compute, answer.
#ifndef SOTTO_ACCELERATOR_SESSION_RUNNER_H_
#define SOTTO_ACCELERATOR_SESSION_RUNNER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>

#include "accelerator/executor.h"
#include "accelerator/fair_scheduler.h"
#include "accelerator/idle_watch.h"
#include "accelerator/relay_service.h"
#include "accelerator/work_buffer.h"
#include "base/status.h"
#include "protocol/messages.h"

namespace sotto {

// What became of an exchange, for metrics.
struct ExchangeRecord {
  Operation operation;
  uint64_t request_bytes = 0, answer_bytes = 0;
  uint64_t queue_ns = 0, device_ns = 0;
};

struct SessionContext {
  uint64_t id = 0;                     // Tells sessions apart in the scheduler and in logs.
  IdleWatch::Session* idle = nullptr;  // Outlives the runner.
  uint64_t window_bytes = 0;
  NumberFormat format = NumberFormat::kRing32;       // What the client greeted with.
  DeviceFormat device_format = DeviceFormat::kRing;  // The weights that go with it.
  RelayEnds relay{};
  std::function<void(const ExchangeRecord&)> on_exchange = [](const ExchangeRecord&) {};
};

// Checks each request of a session in the order they come: sequence numbers 1, 2, 3, ...
class RequestGate {
 public:
  // `model` outlives the gate.
  RequestGate(const ModelShape& model, const SessionContext& context);
  // As CheckRequest; INVALID_ARGUMENT as well for a sequence number out of order and for a request
  // that the session's format does not have; FAILED_PRECONDITION for a part in a relay that was not
  // agreed upon.
  absl::StatusOr<ExchangeSizes> Admit(const RequestHeader& request);

 private:
  const ModelShape& model_;
  const uint64_t window_bytes_;
  const NumberFormat format_;
  const bool is_source_, is_sink_;
  uint64_t last_sequence_ = 0;
};

// A request that has arrived whole.
struct Arrival {
  RequestHeader request;
  ExchangeSizes sizes;
  WorkBuffer payload;
};

// How one session's exchanges arrive and leave.
class SessionIo {
 public:
  virtual ~SessionIo() = default;
  // Waits for the next request and reads it whole, asking `gate` before it takes any payload.
  // False when the client has ended the session in good order. One caller at a time.
  virtual absl::StatusOr<bool> Read(RequestGate& gate, Arrival& arrival) = 0;
  // Blocks while the peer is slow to take it. One caller at a time; Read may run meanwhile.
  virtual absl::Status Write(const AnswerHeader& header, std::span<const uint8_t> payload) = 0;
  // Tells the client why the session ends; it is then expected to end it. Not during Write.
  virtual void WriteFailure(const absl::Status& why) = 0;
  // Makes a Read under way, or to come, return. From any thread.
  virtual void Cancel() = 0;
  // Whether the client has gone, for threads that wait for somebody else. From any thread.
  virtual bool ClientGone() const = 0;
};

// Threads of a session. They take turns: one reads, one computes, one writes. Each holds at most
// one exchange, and a client that does not take its answers stops being read.
inline constexpr int kThreadsPerSession = 3;
// What a session may hold, in windows: each thread keeps a request and an answer, of at most a
// window each, from one exchange to the next.
inline constexpr int kWindowsPerSession = 2 * kThreadsPerSession;

class SessionRunner {
 public:
  SessionRunner(ServedModel& model, FairScheduler& scheduler, SessionIo& io,
                SessionContext context);

  // Serves until the client ends the session (OK) or something fails. The first failure is
  // returned once every exchange under way has been answered or dropped.
  absl::Status Run();
  // Ends a session that runs because of `why`, which the client is told. From any thread, while
  // Run has not returned; blocks while the client does not take its answer.
  void Stop(const absl::Status& why);

 private:
  void Loop();
  // False when there is nothing more to read.
  bool ReadNext(Arrival& arrival);
  absl::Status Serve(Arrival& arrival, WorkBuffer& answer);
  // Sends a source's product, completes a sink's.
  absl::Status Relay(const Arrival& arrival, std::span<uint8_t> product);
  void Finish(const absl::Status& status);
  // Ends the session although another thread may be waiting for the client in Read.
  void Fail(const absl::Status& status);

  ServedModel& model_;
  FairScheduler& scheduler_;
  SessionIo& io_;
  const SessionContext context_;
  RequestGate gate_;
  std::mutex reading_, writing_, state_;
  std::condition_variable read_returned_;
  bool ended_ = false, in_read_ = false;  // These and the result are guarded by state_.
  absl::Status result_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_SESSION_RUNNER_H_
