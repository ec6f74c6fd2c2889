// A peer that writes what it likes into the shared memory: the input is a script of cursor values
// and bytes. Nothing but a Status may come of it, and what was read stays inside its buffer.
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "protocol/records.h"
#include "protocol/shm_ring.h"

namespace sotto {
namespace {

constexpr uint64_t kCapacity = 1024;

struct SharedMemory {
  alignas(64) std::array<uint8_t, kCapacity> ring{};
  alignas(64) uint64_t tail = 0, head = 0;
};

absl::Status GiveUp() { return absl::DeadlineExceededError(""); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  SharedMemory shared;
  const RingMemory memory{.data = shared.ring.data(),
                          .capacity = kCapacity,
                          .tail = &shared.tail,
                          .head = &shared.head};
  RingConsumer consumer(memory);
  RingProducer producer(memory);
  for (size_t at = 0; at + 10 <= size; at += 10) {
    uint64_t cursor = 0;
    std::memcpy(&cursor, data + at + 2, 8);
    shared.ring[(data[at] * 4u + data[at + 1]) % kCapacity] = data[at + 1];
    if (data[at] % 2 == 0) {
      shared.tail = cursor;
      RequestRecord record;
      if (!consumer.HasData().ok() || !consumer.Read(record, nullptr, GiveUp).ok()) continue;
      DecodeRequestRecord(record).status().IgnoreError();
      AnswerRecord answer;
      std::memcpy(answer.data(), record.data(), answer.size());
      DecodeAnswerRecord(answer).status().IgnoreError();
    } else {
      shared.head = cursor;
      const std::vector<uint8_t> bytes(data[at + 1], 0x77);
      producer.Write(bytes, nullptr, GiveUp).IgnoreError();
      producer.Publish();
    }
  }
  return 0;
}

}  // namespace sotto
