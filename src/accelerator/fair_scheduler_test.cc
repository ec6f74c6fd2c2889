#include "accelerator/fair_scheduler.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace sotto {
namespace {

void WaitUntil(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::yield();
}

// While one turn is held, a greedy session queues ten large pieces of work and a modest one a
// single small one, last of all: the modest one comes second at the latest.
TEST(FairSchedulerTest, AModestSessionDoesNotWaitForAGreedyOne) {
  FairScheduler scheduler(1);
  std::mutex mutex;
  std::vector<int> order;
  std::atomic<int> started{0};
  std::vector<std::thread> threads;
  const auto work = [&](uint64_t session, uint64_t cost) {
    ++started;
    const FairScheduler::Turn turn = scheduler.Acquire(session, cost);
    std::lock_guard lock(mutex);
    order.push_back(static_cast<int>(session));
  };
  {
    const FairScheduler::Turn held = scheduler.Acquire(1, 1000);
    for (int i = 0; i < 10; ++i) threads.emplace_back(work, 1, 1000);
    WaitUntil([&] { return started == 10; });
    threads.emplace_back(work, 2, 10);
    WaitUntil([&] { return started == 11 && scheduler.waiting() == 11; });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(order.size(), 11u);
  EXPECT_TRUE(order[0] == 2 || order[1] == 2);
}

// Somebody opens a new session for every exchange: each begins without a past, and whoever has one
// waits for as many of them as its own work is worth, and no more.
TEST(FairSchedulerTest, NewSessionsWithoutEndDoNotStarveAnOldOne) {
  constexpr uint64_t kCost = 100, kNewcomers = 50;
  FairScheduler scheduler(1);
  { const FairScheduler::Turn past = scheduler.Acquire(1, 3 * kCost); }
  std::atomic<uint64_t> served{0}, served_before_old{0};
  std::vector<std::thread> threads;
  {
    const FairScheduler::Turn held = scheduler.Acquire(2, kCost);
    threads.emplace_back([&] {
      const FairScheduler::Turn turn = scheduler.Acquire(1, kCost);
      served_before_old = served.load();
    });
    WaitUntil([&] { return scheduler.waiting() == 1; });
    // Two at any time, the next queued before the one before it has ended.
    for (const uint64_t first : {3, 4}) {
      threads.emplace_back([&, first] {
        for (uint64_t i = 0; i < kNewcomers; ++i) {
          const FairScheduler::Turn turn = scheduler.Acquire(first + 2 * i, kCost);
          ++served;
        }
      });
    }
    WaitUntil([&] { return scheduler.waiting() == 3; });
  }
  for (std::thread& thread : threads) thread.join();
  // By tags of the start all hundred would come first: theirs never grow.
  EXPECT_LE(served_before_old, 8u);
}

TEST(FairSchedulerTest, NoMoreTurnsThanSlots) {
  FairScheduler scheduler(2);
  std::atomic<int> inside{0}, most{0};
  std::vector<std::thread> threads;
  for (uint64_t session = 0; session < 6; ++session) {
    threads.emplace_back([&, session] {
      for (int i = 0; i < 200; ++i) {
        const FairScheduler::Turn turn = scheduler.Acquire(session, 1 + i % 7);
        const int now = ++inside;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        --inside;
      }
      scheduler.Forget(session);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 2);
  EXPECT_EQ(scheduler.waiting(), 0u);
}

}  // namespace
}  // namespace sotto
