// What carries a session's exchanges: gRPC (grpc_stream.h) or shared memory (shm_transport.h).
#ifndef SOTTO_PROTOCOL_TRANSPORT_H_
#define SOTTO_PROTOCOL_TRANSPORT_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

#include "base/status.h"
#include "protocol/messages.h"

namespace sotto {

// One exchange as a session and its transport see it.
struct Exchange {
  using Clock = std::chrono::steady_clock;

  RequestHeader header;  // The transport sets the sequence number. Without seeds once sent.
  ExchangeSizes sizes;
  std::array<std::span<const uint8_t>, 2> payload;  // Sent one after the other.
  std::span<uint8_t> answer;
  Clock::time_point deadline;

  // Guarded by the session's lock.
  uint64_t received = 0;   // Bytes of the answer.
  uint64_t device_ns = 0;  // From the answer's header.
  bool sent = false;       // The last byte of the request has left.
  bool answered = false;   // The header of the answer has come.
  bool done = false;
  int users = 0;  // Threads copying from `payload` or to `answer` now.
};

// A pipe of frames: requests out, answers in. The session keeps account of them. Thread-safe.
class Transport {
 public:
  virtual ~Transport() = default;
  // Sends the request, or sees to it that it will be sent; requests reach the peer in the order of
  // Session::Enter, which the transport calls. Returns when the session failed, at the latest at
  // the exchange's deadline.
  virtual absl::Status Send(const std::shared_ptr<Exchange>& exchange) = 0;
  // Returns when the exchange is done, the session failed, or the exchange's deadline passed.
  virtual void Await(Exchange& exchange) = 0;
  // The session has failed: stop sending and receiving, soon. Does not block.
  virtual void Shutdown() = 0;
  // The session ends in good order, with nothing under way: tells the peer.
  virtual void Close() = 0;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_TRANSPORT_H_
