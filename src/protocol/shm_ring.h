// One direction of the shared-memory data plane: a ring of bytes with one producer and one consumer
// in two processes that do not trust each other. Each side decides by its private copies alone; a
// cursor of the peer is read once, checked against them, and only then believed. Bytes are copied
// out of the ring once, before anybody looks at them.
//
// Cursors count bytes since the start and are multiples of kPipeUnit. The memory is 8-byte aligned
// and read and written in multiples of 8 bytes.
#ifndef SOTTO_PROTOCOL_SHM_RING_H_
#define SOTTO_PROTOCOL_SHM_RING_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "protocol/byte_pipe.h"

namespace sotto {

struct RingMemory {
  uint8_t* data = nullptr;   // `capacity` bytes, 64-byte aligned.
  uint64_t capacity = 0;     // A power of two, at least kPipeUnit.
  uint64_t* tail = nullptr;  // Written by the producer.
  uint64_t* head = nullptr;  // Written by the consumer.
  // Becomes true when the memory has been taken away (ShmRegion::torn). None: it cannot be.
  const std::atomic<bool>* torn = nullptr;
};

// Not thread-safe: the caller serialises.
class RingProducer {
 public:
  explicit RingProducer(const RingMemory& memory) : memory_(memory) {}

  // Copies `bytes` in, then pads to a multiple of kPipeUnit. What does not fit is handed over in
  // pieces as the consumer frees space; the last piece stays invisible until Publish. ABORTED when
  // the peer's cursor is impossible, UNAVAILABLE when the memory is torn, then or at a later call.
  absl::Status Write(std::span<const uint8_t> bytes, PayloadCipher* cipher, PipeWait wait);
  void Publish();

 private:
  absl::StatusOr<uint64_t> Free();

  const RingMemory memory_;
  uint64_t tail_ = 0, head_ = 0;  // Private: what was written; what the peer last claimed.
};

class RingConsumer {
 public:
  explicit RingConsumer(const RingMemory& memory) : memory_(memory) {}

  // Whether the producer has published anything that was not read. Errors as below.
  absl::StatusOr<bool> HasData();
  // Copies the next bytes out, with the padding that follows them. Waits for what is not there.
  // ABORTED when the peer's cursor is impossible, UNAVAILABLE when the memory is torn.
  absl::Status Read(std::span<uint8_t> bytes, PayloadCipher* cipher, PipeWait wait);
  // Since the start, padding included.
  uint64_t bytes_read() const { return head_; }

 private:
  absl::StatusOr<uint64_t> Available();

  const RingMemory memory_;
  uint64_t head_ = 0, tail_ = 0;  // Private: what was read; what the peer last claimed.
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_SHM_RING_H_
