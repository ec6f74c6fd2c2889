// The trusted side's end of a session with one accelerator: which exchanges are under way, how much
// of the window they take, whether the session lives, and what it came to. A pipe (transport.h)
// carries its frames. Everything that comes back is the peer's word: sizes and numbers of
// messages are checked here, values by whoever asked (trusted/split verifies).
#ifndef SOTTO_PROTOCOL_SESSION_H_
#define SOTTO_PROTOCOL_SESSION_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/status.h"
#include "model/config.h"
#include "model/linear_layers.h"
#include "protocol/accelerator_channel.h"
#include "protocol/blinded.h"
#include "protocol/messages.h"
#include "protocol/session_options.h"
#include "protocol/transport.h"

namespace sotto {

// Sums since Open. Bytes count everything this side handed to the data plane or took from it:
// payloads and message headers, without TLS, HTTP/2 and IP.
struct SessionStats {
  uint64_t exchanges = 0;
  uint64_t bytes_sent = 0, bytes_received = 0;
  uint64_t wire_ns = 0;    // Copying and encoding on this side, over all threads.
  uint64_t wait_ns = 0;    // Callers blocked in Submit or Wait.
  uint64_t cpu_ns = 0;     // Processor time of the callers in Submit and Wait.
  uint64_t device_ns = 0;  // Multiplication, as the server reports it.
};

// Thread-safe: several lanes may have exchanges in flight. The first error ends the session: every
// later call, and every pending one whose answer is not complete, returns that same status, and
// nothing more is sent; an ABORTED found later replaces it (base/gravest.h). The messages name the
// endpoint. Codes:
//   UNAVAILABLE         nobody listens, the connection broke, or the server is leaving
//   DEADLINE_EXCEEDED   no (complete) answer in time
//   UNIMPLEMENTED       another protocol version
//   FAILED_PRECONDITION another model, a missing number format, f32 computed in something else, a
//                       data plane that is not to be had
//   RESOURCE_EXHAUSTED  the server's limits; of this process, too few threads or descriptors
//   PERMISSION_DENIED   TLS: not the peer that was asked for
//   ABORTED             the server broke the protocol: an answer too short, too long, unasked for,
//                       or not to be decoded
class Session final : public AcceleratorChannel,
                      public FrameReceiver,
                      public std::enable_shared_from_this<Session> {
 public:
  // Connects, checks version, model and shapes, and agrees on the data plane. `endpoint` is
  // HOST:PORT or unix:PATH (INVALID_ARGUMENT otherwise).
  static absl::StatusOr<std::shared_ptr<Session>> Open(const std::string& endpoint,
                                                       const SessionOptions& options);
  ~Session() override;

  std::string endpoint() const override { return endpoint_; }
  const ServerInfo& server() const { return info_; }
  SessionStats stats() const;

  // Rows one exchange may have so that four of `layer` fit into the window: two lanes with two each
  // would otherwise wait for each other. At least 1.
  size_t MaxRows(LinearLayer layer) const override;
  // Blocks while the window is full. Shapes and formats that do not fit the layer are the caller's
  // bug; more rows than the window holds are RESOURCE_EXHAUSTED, which alone of the errors leaves
  // the session alive. What is returned keeps the session.
  absl::StatusOr<PendingExchange> Submit(LinearLayer layer, const BlindedRows& rows,
                                         AnswerRows answer) override;
  // Embedding rows of token ids, [ids, hidden_size] f32. For measurements in the clear only.
  absl::StatusOr<PendingExchange> SubmitEmbedding(const BlindedRows& ids, AnswerRows answer);
  // answer[b] = left[b] right[b]^T for b in [0, batch): left [batch * m, k], right [batch * n, k],
  // answer [batch * m, n], all f32. For measurements in the clear only.
  absl::StatusOr<PendingExchange> SubmitMatMul(size_t batch, const BlindedRows& left,
                                               const BlindedRows& right, AnswerRows answer);
  // The first call ends the session: wakes everybody and shuts the transport down. Later ones
  // change nothing, but that ABORTED replaces any other failure.
  void Fail(absl::Status why) override;

  // For connect.h: a session that is yet to be started, and its start.
  Session(std::string endpoint, const SessionOptions& options);
  void Start(ServerInfo info, std::unique_ptr<Transport> transport);
  absl::Status failure() const;
  // `status` with the endpoint in front of its message.
  absl::Status Named(const absl::Status& status) const;

  // From the transport. ABORTED for an answer nobody waits for, or whose sizes are wrong; the
  // session's failure once it has failed, which forgets what was asked.
  absl::StatusOr<std::shared_ptr<AnswerFrame>> OnAnswer(const AnswerHeader& header) override;
  void OnClosed(absl::Status why) override { Fail(std::move(why)); }

 private:
  using Clock = FrameClock;
  class Exchange;
  class PendingAnswer;

  // Sends what is of the shapes that the session's model has.
  absl::StatusOr<PendingExchange> Begin(const RequestHeader& header, const PayloadParts& payload,
                                        size_t cols, const AnswerRows& answer);
  // Waits until the exchange fits into the window.
  absl::Status Reserve(const Exchange& exchange);
  // In the order in which exchanges get their numbers.
  absl::Status Send(const std::shared_ptr<Exchange>& exchange);
  absl::Status Enter(const std::shared_ptr<Exchange>& exchange);
  absl::Status Wait(Exchange& exchange);
  // The verdict on the exchange, given back only once nobody touches its memory. OK when the answer
  // is complete, even if the session has failed since: it is to be verified, or a lie would pass
  // for a broken connection. An exchange that is not done by now ends the session with
  // DEADLINE_EXCEEDED.
  absl::Status Settle(Exchange& exchange);
  absl::Status FailWith(absl::Status why);
  void CountCall(Clock::duration waited, uint64_t cpu_ns);

  const std::string endpoint_;
  const ModelSpec config_;
  const ModelShape model_;
  const std::chrono::milliseconds exchange_timeout_;
  ServerInfo info_;  // Since Start, as is the transport.

  std::mutex sending_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  absl::Status failure_;
  uint64_t last_sequence_ = 0, in_flight_bytes_ = 0;
  std::map<uint64_t, std::shared_ptr<Exchange>> pending_;
  SessionStats stats_;
  std::unique_ptr<Transport> transport_;  // Last: its threads use all of the above until it goes.
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_SESSION_H_
