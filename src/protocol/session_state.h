// The bookkeeping of a client session: which exchanges are under way, how much of the window they
// take, whether the session lives. Knows nothing of how bytes travel: a Transport does that.
#ifndef SOTTO_PROTOCOL_SESSION_STATE_H_
#define SOTTO_PROTOCOL_SESSION_STATE_H_

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/functional/function_ref.h"
#include "base/status.h"
#include "protocol/client.h"
#include "protocol/exchange.h"

namespace sotto {

class SessionState;

// Moves bytes. Thread-safe.
class Transport {
 public:
  virtual ~Transport() = default;
  // Sends the request, or sees to it that it will be sent; requests reach the peer in the order of
  // SessionState::Enter, which the transport calls. Returns when the session failed, at the latest
  // at the exchange's deadline.
  virtual absl::Status Send(const std::shared_ptr<Exchange>& exchange) = 0;
  // Returns when the exchange is done, the session failed, or the exchange's deadline passed.
  virtual void Await(Exchange& exchange) = 0;
  // The session has failed: stop sending and receiving, soon. Does not block.
  virtual void Shutdown() = 0;
  // The session ends in good order, with nothing under way: tells the peer.
  virtual void Close() = 0;
};

class SessionState {
 public:
  using Clock = Exchange::Clock;

  // `endpoint` begins every message.
  explicit SessionState(std::string endpoint);
  // Once each, before the first exchange.
  void SetWindow(uint64_t window_bytes);
  void SetTransport(std::unique_ptr<Transport> transport);
  Transport& transport() { return *transport_; }

  // For callers. Order: Reserve, then the transport's Send (which calls Enter), then Settle.
  // Waits until the exchange fits into the window.
  absl::Status Reserve(Exchange& exchange);
  // After Await: the verdict on the exchange, given back only once nobody touches its memory. OK
  // when the answer is complete, even if the session has failed since: it is to be verified, or a
  // lie would pass for a broken connection. An exchange that is not done by now ends the session
  // with DEADLINE_EXCEEDED.
  absl::Status Settle(Exchange& exchange);

  // For transports.
  // Gives the exchange its sequence number. Call it in the order of sending.
  absl::Status Enter(const std::shared_ptr<Exchange>& exchange);
  bool IsDone(const Exchange& exchange) const;
  // Waits on the session's condition variable until done, failed or `until`.
  void WaitForChange(Exchange& exchange, Clock::time_point until);
  // The last byte of the request has been copied out; only now may an answer come. Wipes its seeds.
  void MarkSent(Exchange& exchange);
  // ABORTED for an answer nobody waits for, or whose sizes are wrong; the session's failure once it
  // has failed, which forgets what was asked. The exchange stays in the table until its last byte.
  absl::StatusOr<std::shared_ptr<Exchange>> BeginAnswer(const AnswerHeader& header);
  // Copies through `copy` out of the exchange's memory, unless the session has failed. No lock is
  // held while copying. The session's failure, or else `copy`'s own.
  absl::Status Touch(Exchange& exchange, absl::FunctionRef<absl::Status()> copy);
  // The same for the next `size` bytes of the answer, into the exchange's memory: the exchange is
  // done when all of them are in place. They came in `wire_bytes`, which are counted first: whoever
  // has an answer finds it in the counters.
  absl::Status Receive(Exchange& exchange, uint64_t size, uint64_t wire_bytes,
                       absl::FunctionRef<absl::Status()> copy);

  // The first call ends the session: wakes everybody and shuts the transport down. Later ones
  // change nothing, but that ABORTED replaces any other failure.
  void Fail(const absl::Status& why);
  absl::Status failure() const;
  bool failed() const { return !failure().ok(); }
  // `status` with the endpoint in front of its message.
  absl::Status Named(const absl::Status& status) const;

  void CountSent(uint64_t bytes, Clock::duration took);
  void CountWait(Clock::duration waited);
  void CountCpu(uint64_t cpu_ns);
  SessionStats stats() const;
  const std::string& endpoint() const { return endpoint_; }
  uint64_t window_bytes() const { return window_bytes_; }

 private:
  // False when the session has failed, or the exchange is done.
  bool BeginTouch(Exchange& exchange);

  const std::string endpoint_;
  uint64_t window_bytes_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  absl::Status failure_;
  uint64_t last_sequence_ = 0, in_flight_bytes_ = 0;
  std::map<uint64_t, std::shared_ptr<Exchange>> pending_;
  SessionStats stats_;
  std::unique_ptr<Transport> transport_;  // Last: its threads use all of the above until it goes.
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_SESSION_STATE_H_
