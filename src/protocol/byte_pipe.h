// One side's end of a data plane beside the session's gRPC stream: a run of bytes out, one in. What
// runs is the same on every plane (docs/wire_format.md, "Data planes"); how bytes get across, and
// how one waits for them, differs. There are two, shared memory (shm_pipe.h) and a socket
// (socket_pipe.h).
//
// What is written is padded to multiples of kPipeUnit. `cipher` encrypts what is written, and
// decrypts what is read, in the pass that copies it; null leaves it as it is.
#ifndef SOTTO_PROTOCOL_BYTE_PIPE_H_
#define SOTTO_PROTOCOL_BYTE_PIPE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "absl/functional/function_ref.h"
#include "base/status.h"
#include "protocol/plane_cipher.h"
#include "protocol/poller.h"

namespace sotto {

inline constexpr size_t kPipeUnit = 64;

inline constexpr uint64_t PaddedSize(uint64_t bytes) {
  return (bytes + kPipeUnit - 1) / kPipeUnit * kPipeUnit;
}

// The pass that copies: byte `cursor` of the direction is where `from` belongs.
inline void CopyThrough(uint64_t cursor, const uint8_t* from, uint8_t* to, size_t size,
                        PayloadCipher* cipher) {
  if (cipher != nullptr) {
    cipher->Apply(cursor, from, to, size);
  } else {
    std::memcpy(to, from, size);
  }
}

// Called when the peer must move before anything can happen; waits a little. An error (the session
// failed, the deadline passed) ends the operation with it.
using PipeWait = absl::FunctionRef<absl::Status()>;

// One thread at a time writes, one reads; Stop and Wake may be called by any. Errors of all calls:
// ABORTED when the peer broke the rules, UNAVAILABLE when what connects the two is gone.
class BytePipe {
 public:
  using Clock = std::chrono::steady_clock;
  // kEither: for room, by somebody who would read what comes meanwhile.
  enum class For { kReading, kWriting, kEither };

  virtual ~BytePipe() = default;

  // Copies `bytes`. The peer sees all of them after Flush, and a part before if they do not fit.
  virtual absl::Status Write(std::span<const uint8_t> bytes, PayloadCipher* cipher,
                             PipeWait wait) = 0;
  virtual absl::Status Flush(PipeWait wait) = 0;

  virtual absl::StatusOr<bool> HasData() = 0;
  // Waits for what is not there.
  virtual absl::Status Read(std::span<uint8_t> bytes, PayloadCipher* cipher, PipeWait wait) = 0;
  // Since the start, padding included.
  virtual uint64_t bytes_read() const = 0;

  // Waits a little, inside a message, for bytes or for room. True when so much time has passed that
  // a look at the clock costs little.
  virtual bool Pause(For what, Poller::Wait& pause) = 0;
  // Waits between messages. Returns when there may be data, after Stop, and at `until` at the
  // latest.
  virtual void AwaitData(Clock::time_point until) = 0;
  // Ends all waiting, now and for good.
  virtual void Stop() = 0;
  // The peer says that there is data.
  virtual void Wake() {}

  // For a client's pipe that guesses when to look (poller.h): an exchange that moves `bytes` is
  // about to be visible to the peer; its answer has begun to come.
  virtual void Sending(uint64_t /*sequence*/, uint64_t /*bytes*/) {}
  virtual void Answered(uint64_t /*sequence*/, Clock::time_point /*when*/) {}
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_BYTE_PIPE_H_
