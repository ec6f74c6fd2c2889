// A pipe of frames between a session and its server: requests out, answers in, closed for a reason.
// There are two, gRPC (grpc_stream.h) and a data plane beside it (pipe_transport.h). A pipe knows
// how bytes travel; what they are for, how long they are waited for, and what the end of the pipe
// means, the session (session.h) knows.
#ifndef SOTTO_PROTOCOL_TRANSPORT_H_
#define SOTTO_PROTOCOL_TRANSPORT_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

#include "absl/functional/function_ref.h"
#include "base/status.h"
#include "protocol/messages.h"

namespace sotto {

using FrameClock = std::chrono::steady_clock;

// Of a request; to be sent one after the other.
using PayloadParts = std::array<std::span<const uint8_t>, 2>;

// Copy what they are given, and return the bytes this takes on the wire, message headers included.
using FrameReader = absl::FunctionRef<absl::StatusOr<uint64_t>(const PayloadParts& from)>;
using FrameWriter = absl::FunctionRef<absl::StatusOr<uint64_t>(std::span<uint8_t> to)>;

// A request on its way out. The memory of its payload is lent only while Take lasts. For one thread
// at a time.
class RequestFrame {
 public:
  virtual ~RequestFrame() = default;
  // Its seeds are wiped when the last byte of the payload has been taken.
  virtual const RequestHeader& header() const = 0;
  // Both payloads, the request's and the answer's.
  virtual uint64_t exchange_bytes() const = 0;
  // Of the answer's last byte. Nobody waits for room any longer than that.
  virtual FrameClock::time_point deadline() const = 0;
  // Lends the next `size` bytes of the payload to `copy`. Once all are taken (a request without a
  // payload: 0 bytes) the answer may come. Errors are `copy`'s, or those of a session that has
  // failed: the frame must not be sent then.
  virtual absl::Status Take(uint64_t size, FrameReader copy) = 0;
};

// An answer that is coming in. For one thread at a time.
class AnswerFrame {
 public:
  virtual ~AnswerFrame() = default;
  virtual uint64_t sequence() const = 0;
  virtual uint64_t payload_bytes() const = 0;  // Of a relay's source: 0.
  virtual uint64_t received() const = 0;       // By Put.
  virtual FrameClock::time_point deadline() const = 0;
  // Lends the memory of the next `size` bytes of the payload to `copy`. Once all are there (no
  // payload: 0 bytes) the answer is complete. Errors as Take's.
  virtual absl::Status Put(uint64_t size, FrameWriter copy) = 0;
};

// Who a pipe tells what comes out of it. Thread-safe.
class FrameReceiver {
 public:
  virtual ~FrameReceiver() = default;
  // The header of an answer has come. An error closes the pipe, with this error.
  virtual absl::StatusOr<std::shared_ptr<AnswerFrame>> OnAnswer(const AnswerHeader& header) = 0;
  // Nothing more will come. The first call tells why.
  virtual void OnClosed(absl::Status why) = 0;
};

// Thread-safe, but for Send.
class Transport {
 public:
  virtual ~Transport() = default;
  // Sends the request, or sees to it that it will be sent, after those before it. One caller at a
  // time. Returns after Shutdown, and at the frame's deadline, at the latest; an error closes the
  // pipe.
  virtual absl::Status Send(std::shared_ptr<RequestFrame> frame) = 0;
  // Where no thread of the pipe's own receives: receives until `enough`, Shutdown or `until`. Any
  // number of callers. `enough` changes only by what is received.
  virtual void Receive(absl::FunctionRef<bool()> enough, FrameClock::time_point until) = 0;
  // Stop sending and receiving, soon. Does not block.
  virtual void Shutdown() = 0;
  // The session ends in good order, with nothing under way: tells the peer.
  virtual void Close() = 0;
};

// The session's stream, as a data plane beside it needs it. Thread-safe.
class ControlStream {
 public:
  virtual ~ControlStream() = default;
  // Waits until the stream has ended, and the receiver been told why.
  virtual void AwaitEnd(FrameClock::time_point deadline) = 0;
  // As a Transport's.
  virtual void Shutdown() = 0;
  virtual void Close() = 0;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_TRANSPORT_H_
