#include "protocol/shm_ring.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

namespace sotto {
namespace {

// Handed over at once: large enough to make the cursors' cache misses cheap, small enough that the
// other side copies one piece while this side copies the next.
constexpr uint64_t kRingPieceBytes = uint64_t{64} << 10;

// Sequentially consistent, because cursors also take part in the doorbell's handshake: a side that
// says it sleeps and then looks at the tail, and one that moves the tail and then looks whether the
// other sleeps, must not both see the past.
uint64_t LoadOnce(uint64_t* word) { return std::atomic_ref<uint64_t>(*word).load(); }
void Store(uint64_t* word, uint64_t value) { std::atomic_ref<uint64_t>(*word).store(value); }

absl::Status Impossible() {
  return absl::AbortedError("a cursor of the shared memory is impossible");
}

absl::Status CheckWhole(const RingMemory& memory) {
  if (memory.torn == nullptr || !*memory.torn) return absl::OkStatus();
  return absl::UnavailableError("the shared memory was cut short");
}

// Whole words only, as far as they go; the rest by way of one word of our own. Byte `cursor` of the
// direction is where they begin.
void CopyOut(uint64_t cursor, uint8_t* to, const uint8_t* shared, size_t size,
             PayloadCipher* cipher) {
  const size_t whole = size / 8 * 8;
  CopyThrough(cursor, shared, to, whole, cipher);
  if (whole == size) return;
  std::array<uint8_t, 8> word;
  std::memcpy(word.data(), shared + whole, word.size());
  CopyThrough(cursor + whole, word.data(), to + whole, size - whole, cipher);
}
void CopyIn(uint64_t cursor, uint8_t* shared, const uint8_t* from, size_t size,
            PayloadCipher* cipher) {
  const size_t whole = size / 8 * 8;
  CopyThrough(cursor, from, shared, whole, cipher);
  if (whole == size) return;
  std::array<uint8_t, 8> word{};
  CopyThrough(cursor + whole, from + whole, word.data(), size - whole, cipher);
  std::memcpy(shared + whole, word.data(), word.size());
}

// The longest stretch from `cursor` that is at most `limit` bytes and does not cross the ring's
// end. A multiple of kPipeUnit.
uint64_t Stretch(const RingMemory& memory, uint64_t cursor, uint64_t limit) {
  const uint64_t to_end = memory.capacity - (cursor & (memory.capacity - 1));
  return std::min({limit, to_end, kRingPieceBytes});
}

}  // namespace

absl::StatusOr<uint64_t> RingProducer::Free() {
  const uint64_t head = LoadOnce(memory_.head);
  SOTTO_RETURN_IF_ERROR(CheckWhole(memory_));
  if (head % kPipeUnit != 0 || head < head_ || head > tail_) return Impossible();
  head_ = head;
  return memory_.capacity - (tail_ - head_);
}

absl::Status RingProducer::Write(std::span<const uint8_t> bytes, PayloadCipher* cipher,
                                 PipeWait wait) {
  while (!bytes.empty()) {
    SOTTO_ASSIGN_OR_RETURN(const uint64_t free, Free());
    const uint64_t room = Stretch(memory_, tail_, std::min(free, PaddedSize(bytes.size())));
    if (room == 0) {
      Publish();
      SOTTO_RETURN_IF_ERROR(wait());
      continue;
    }
    const size_t size = std::min<uint64_t>(room, bytes.size());
    CopyIn(tail_, memory_.data + (tail_ & (memory_.capacity - 1)), bytes.data(), size, cipher);
    bytes = bytes.subspan(size);
    tail_ += room;
    if (!bytes.empty()) Publish();
  }
  return absl::OkStatus();
}

void RingProducer::Publish() { Store(memory_.tail, tail_); }

absl::StatusOr<uint64_t> RingConsumer::Available() {
  const uint64_t tail = LoadOnce(memory_.tail);
  SOTTO_RETURN_IF_ERROR(CheckWhole(memory_));
  if (tail % kPipeUnit != 0 || tail < tail_ || tail - head_ > memory_.capacity) {
    return Impossible();
  }
  tail_ = tail;
  return tail_ - head_;
}

absl::StatusOr<bool> RingConsumer::HasData() {
  SOTTO_ASSIGN_OR_RETURN(const uint64_t available, Available());
  return available > 0;
}

absl::Status RingConsumer::Read(std::span<uint8_t> bytes, PayloadCipher* cipher, PipeWait wait) {
  while (!bytes.empty()) {
    SOTTO_ASSIGN_OR_RETURN(const uint64_t available, Available());
    const uint64_t there = Stretch(memory_, head_, std::min(available, PaddedSize(bytes.size())));
    if (there == 0) {
      SOTTO_RETURN_IF_ERROR(wait());
      continue;
    }
    const size_t size = std::min<uint64_t>(there, bytes.size());
    CopyOut(head_, bytes.data(), memory_.data + (head_ & (memory_.capacity - 1)), size, cipher);
    SOTTO_RETURN_IF_ERROR(CheckWhole(memory_));
    bytes = bytes.subspan(size);
    head_ += there;
    Store(memory_.head, head_);
  }
  return absl::OkStatus();
}

}  // namespace sotto
