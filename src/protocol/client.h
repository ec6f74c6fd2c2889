// The trusted side's end of a session with one accelerator. TRUSTED code uses it; everything that
// comes back is the peer's word: sizes and numbers of messages are checked here, values by whoever
// asked (blinding/ verifies).
#ifndef SOTTO_PROTOCOL_CLIENT_H_
#define SOTTO_PROTOCOL_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/config.h"
#include "model/linear_layers.h"
#include "protocol/blinded.h"
#include "protocol/messages.h"
#include "protocol/peer_certificate.h"
#include "protocol/protocol.h"

namespace sotto {

// PEM texts, not paths. Without `root_certificates` the system's roots are used.
struct TlsOptions {
  std::string root_certificates{};
  std::string certificate_chain{},
      private_key{};  // The client's own, when the server asks for one.
  // Hex SHA-256 of the server key's SubjectPublicKeyInfo. When set, exactly that key is accepted,
  // whoever signed its certificate; when empty, the chain and the host name are checked.
  std::string pinned_key_sha256{};
  // The same of the key that this endpoint has shown before, when it has: demanded beside the rest.
  std::string known_key_sha256{};
};

// The session's part in a relay between two servers (docs/wire_format.md, "Relay").
struct RelayRole {
  RelayTicket ticket{};
  // The source's: where it reaches the sink, and the key the sink proves to hold (64 hex digits;
  // empty: no TLS). No target: this server is the sink.
  std::string target{}, target_key_sha256{};
};

struct SessionOptions {
  ModelSpec config;                             // The shapes this side expects.
  std::string weights_sha256;                   // 64 hex digits (Checkpoint::WeightsSha256).
  NumberFormat format = NumberFormat::kRing32;  // Refused at once when the server lacks it.
  std::optional<TlsOptions> tls{};              // None: in the clear.
  // kAuto: shared memory where both run on one host and TLS, which it would bypass, was not asked
  // for. kShm: nothing else will do.
  DataPlane data_plane = DataPlane::kAuto;
  std::string shm_directory = "/dev/shm";
  std::optional<RelayRole> relay{};  // A server that does not agree serves all but relays.
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds exchange_timeout{
      60'000};  // From Submit to the last byte of the answer.
};

// What the server says of itself, after the checks; but for the two last fields its word only.
struct ServerInfo {
  std::string software_version{};
  std::vector<std::string> devices{};
  std::string instance_id{};      // 32 hex digits, drawn when the server started.
  uint64_t window_bytes = 0;      // Request and answer bytes it lets a session have in flight.
  std::string peer_key_sha256{};  // Hex, of the TLS key it proved to hold; empty without TLS.
  // Who vouches for that key; none without TLS, and where the key is pinned.
  std::optional<VerifiedPeer> vouched{};
  std::string operands{};  // What it multiplies in: "f32", "bf16", "f16", "ring32".
  DataPlane data_plane = DataPlane::kGrpc;  // In use: kShm or kGrpc.
  bool relays = false;                      // It agreed to the role asked for.
  std::string why_no_relay{};               // Its reason, when it did not.
  uint64_t relay_inbox_bytes = 0;           // A sink's: products it keeps at once.
};

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

struct Exchange;     // exchange.h
class SessionState;  // session_state.h

// An exchange under way. Destroyed without Wait, it ends the session: the memory behind its views
// may then be freed, and the protocol cannot skip an exchange.
class PendingExchange {
 public:
  PendingExchange() = default;
  PendingExchange(PendingExchange&&) noexcept = default;
  PendingExchange& operator=(PendingExchange&&) = delete;
  ~PendingExchange();

 private:
  friend class AcceleratorSession;
  PendingExchange(std::shared_ptr<SessionState> session, std::shared_ptr<Exchange> exchange)
      : session_(std::move(session)), exchange_(std::move(exchange)) {}

  std::shared_ptr<SessionState> session_;
  std::shared_ptr<Exchange> exchange_;
};

// Thread-safe: several lanes may have exchanges in flight. The first error ends the session: every
// later call, and every pending one whose answer is not complete, returns that same status, and
// nothing more is sent; an ABORTED found later replaces it (base/gravest.h). The messages name the
// endpoint. Codes:
//   UNAVAILABLE         nobody listens, the connection broke, or the server is leaving
//   DEADLINE_EXCEEDED   no (complete) answer in time
//   UNIMPLEMENTED       another protocol version
//   FAILED_PRECONDITION another model, a missing number format, f32 computed in something else, a
//                       data plane that is not to be had, too few threads (thread_room.h)
//   RESOURCE_EXHAUSTED  the server's limits
//   PERMISSION_DENIED   TLS: not the peer that was asked for
//   ABORTED             the server broke the protocol: an answer too short, too long, unasked for,
//                       or not to be decoded
class AcceleratorSession {
 public:
  // Connects, checks version, model and shapes, and agrees on the data plane. `endpoint` is
  // HOST:PORT or unix:PATH (INVALID_ARGUMENT otherwise).
  static absl::StatusOr<std::unique_ptr<AcceleratorSession>> Open(const std::string& endpoint,
                                                                  const SessionOptions& options);
  ~AcceleratorSession();

  const std::string& endpoint() const;
  const ServerInfo& server() const { return info_; }
  SessionStats stats() const;

  // Rows one exchange may have so that four of `layer` fit into the window: two lanes with two each
  // would otherwise wait for each other. At least 1.
  size_t MaxRows(LinearLayer layer) const;

  // Sends rows [rows, n_in] of `layer`; the answer will be [rows, n_out], or, of a relay's source,
  // [0, n_out]. Blocks while the window
  // is full. `rows`' memory must stay unchanged, and `answer`'s untouched, until Wait returns.
  // Shapes and formats that do not fit the layer are the caller's bug; more rows than the window
  // holds are RESOURCE_EXHAUSTED, which alone of the errors leaves the session alive.
  absl::StatusOr<PendingExchange> Submit(LinearLayer layer, const BlindedRows& rows,
                                         AnswerRows answer);
  // Embedding rows of token ids, [ids, hidden_size] f32. For measurements in the clear only.
  absl::StatusOr<PendingExchange> SubmitEmbedding(const BlindedRows& ids, AnswerRows answer);
  // answer[b] = left[b] right[b]^T for b in [0, batch): left [batch * m, k], right [batch * n, k],
  // answer [batch * m, n], all f32. For measurements in the clear only.
  absl::StatusOr<PendingExchange> SubmitMatMul(size_t batch, const BlindedRows& left,
                                               const BlindedRows& right, AnswerRows answer);

  // Blocks until the answer is complete. After it, in success or failure, the session does not
  // touch the exchange's memory.
  absl::Status Wait(PendingExchange exchange);

  // Ends the session because of what the caller found (an answer that fails verification).
  void Fail(const absl::Status& why);

 private:
  AcceleratorSession(std::shared_ptr<SessionState> state, ServerInfo info,
                     const SessionOptions& options);
  absl::StatusOr<PendingExchange> Start(const std::shared_ptr<Exchange>& exchange, size_t cols,
                                        const AnswerRows& answer);

  const std::shared_ptr<SessionState> state_;
  const ServerInfo info_;
  const ModelSpec config_;
  const ModelShape model_;
  const std::chrono::milliseconds exchange_timeout_;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_CLIENT_H_
