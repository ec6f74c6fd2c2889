#include "protocol/shm_ring.h"

#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "protocol/shm_region.h"

namespace sotto {
namespace {

absl::Status NeverWait() { return absl::InternalError("waited"); }
absl::Status Yield() {
  std::this_thread::yield();
  return absl::OkStatus();
}

// Memory of one process; the two ends are used from one or two threads.
class Ring {
 public:
  explicit Ring(uint64_t capacity) : words_(capacity / 8 + 16), capacity_(capacity) {}
  RingMemory memory() {
    return {.data = reinterpret_cast<uint8_t*>(words_.data() + 16),
            .capacity = capacity_,
            .tail = &words_[0],
            .head = &words_[8]};
  }
  uint64_t& tail() { return words_[0]; }
  uint64_t& head() { return words_[8]; }

 private:
  std::vector<uint64_t> words_;
  const uint64_t capacity_;
};

std::vector<uint8_t> Pattern(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(size);
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(random());
  return bytes;
}

TEST(ShmRingTest, EveryLengthComesOutAsItWentIn) {
  Ring ring(4096);
  RingProducer producer(ring.memory());
  RingConsumer consumer(ring.memory());
  for (size_t size = 0; size < 700; ++size) {  // Wraps around the end many times.
    const std::vector<uint8_t> in = Pattern(size, static_cast<uint32_t>(size));
    std::vector<uint8_t> out(size + 1, 0xee);
    ASSERT_TRUE(producer.Write(in, nullptr, NeverWait).ok());
    producer.Publish();
    ASSERT_TRUE(consumer.Read(std::span(out).first(size), nullptr, NeverWait).ok());
    EXPECT_EQ(out.back(), 0xee) << size;
    out.pop_back();
    ASSERT_EQ(out, in);
  }
}

TEST(ShmRingTest, NothingIsVisibleBeforeItIsPublished) {
  Ring ring(4096);
  RingProducer producer(ring.memory());
  RingConsumer consumer(ring.memory());
  const std::vector<uint8_t> in = Pattern(100, 1);
  ASSERT_TRUE(producer.Write(in, nullptr, NeverWait).ok());
  EXPECT_FALSE(*consumer.HasData());
  producer.Publish();
  EXPECT_TRUE(*consumer.HasData());
}

TEST(ShmRingTest, AFullRingWaitsAndTheWaitMayGiveUp) {
  Ring ring(256);
  RingProducer producer(ring.memory());
  const std::vector<uint8_t> in = Pattern(257, 1);
  EXPECT_EQ(producer.Write(in, nullptr, NeverWait).code(), absl::StatusCode::kInternal);
}

// Longer than the ring, in both directions of odd sizes; run under ThreadSanitizer too.
TEST(ShmRingTest, TwoThreadsPassMoreThanTheRingHolds) {
  Ring ring(1024);
  const std::vector<size_t> sizes = {1, 63, 64, 65, 1000, 1024, 1025, 100'003, 8, 0, 70'000};
  std::thread writer([&] {
    RingProducer producer(ring.memory());
    for (const size_t size : sizes) {
      EXPECT_TRUE(producer.Write(Pattern(size, static_cast<uint32_t>(size)), nullptr, Yield).ok());
      producer.Publish();
    }
  });
  RingConsumer consumer(ring.memory());
  for (const size_t size : sizes) {
    std::vector<uint8_t> out(size);
    ASSERT_TRUE(consumer.Read(out, nullptr, Yield).ok());
    EXPECT_EQ(out, Pattern(size, static_cast<uint32_t>(size)));
  }
  writer.join();
}

TEST(ShmRingTest, TheConsumerRefusesImpossibleTails) {
  for (const uint64_t tail : {uint64_t{1}, uint64_t{63}, uint64_t{1024 + 64}, ~uint64_t{63}}) {
    Ring ring(1024);
    RingConsumer consumer(ring.memory());
    ring.tail() = tail;
    EXPECT_EQ(consumer.HasData().status().code(), absl::StatusCode::kAborted) << tail;
    std::vector<uint8_t> out(64);
    EXPECT_EQ(consumer.Read(out, nullptr, NeverWait).code(), absl::StatusCode::kAborted) << tail;
  }
}

TEST(ShmRingTest, TheConsumerRefusesATailThatMovesBack) {
  Ring ring(1024);
  RingConsumer consumer(ring.memory());
  ring.tail() = 512;
  std::vector<uint8_t> out(128);
  ASSERT_TRUE(consumer.Read(out, nullptr, NeverWait).ok());
  ring.tail() = 256;
  EXPECT_EQ(consumer.HasData().status().code(), absl::StatusCode::kAborted);
}

TEST(ShmRingTest, TheProducerRefusesImpossibleHeads) {
  for (const uint64_t head : {uint64_t{1}, uint64_t{192}, ~uint64_t{63}}) {
    Ring ring(1024);
    RingProducer producer(ring.memory());
    ASSERT_TRUE(producer.Write(Pattern(128, 0), nullptr, NeverWait).ok());
    producer.Publish();
    ring.head() = head;  // More than was written, or no multiple.
    EXPECT_EQ(producer.Write(Pattern(8, 0), nullptr, NeverWait).code(), absl::StatusCode::kAborted)
        << head;
  }
}

// The peer scribbles over everything it shares, all the time. Whatever comes out, no call leaves
// its own buffers (AddressSanitizer) and every call returns. The peer has a mapping of its own, as
// another process would.
TEST(ShmRingTest, AHostilePeerCanOnlyMakeCallsFail) {
  const ShmChallenge challenge = DrawChallenge();
  absl::StatusOr<ShmRegion> ours = ShmRegion::Create("/dev/shm", kMinRingBytes, challenge);
  if (!ours.ok()) GTEST_SKIP() << ours.status();
  absl::StatusOr<ShmRegion> theirs = ShmRegion::Open("/dev/shm", ours->name(), ours->ring_bytes());
  ASSERT_TRUE(theirs.ok()) << theirs.status();
  std::atomic<bool> stop{false};
  std::thread peer([&] {
    std::mt19937_64 random(1);
    while (!stop) {
      uint64_t* const cursors[] = {theirs->request_head_of_server(),
                                   theirs->answer_tail_of_server()};
      for (uint64_t* cursor : cursors) {
        const uint64_t value = random() % 4 == 0 ? random() : random() % 4096 * 64;
        std::atomic_ref<uint64_t>(*cursor).store(value);
      }
      theirs->answer_ring()[random() % theirs->ring_bytes()] = static_cast<uint8_t>(random());
    }
  });
  int failures = 0;
  for (int i = 0; i < 2000; ++i) {
    RingProducer producer(ours->requests());
    RingConsumer consumer(ours->answers());
    std::vector<uint8_t> bytes(1 + i % 3000);
    int patience = 100;
    const auto wait = [&] {
      return --patience > 0 ? absl::OkStatus() : absl::DeadlineExceededError("");
    };
    failures += producer.Write(bytes, nullptr, wait).ok() ? 0 : 1;
    failures += consumer.Read(bytes, nullptr, wait).ok() ? 0 : 1;
  }
  stop = true;
  peer.join();
  EXPECT_GT(failures, 0);
}

}  // namespace
}  // namespace sotto
