#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <vector>

namespace sotto {
namespace {

TEST(ThreadPool, RunsEveryIndexOnceWithEveryThreadCount) {
  for (int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    for (size_t count : {0, 1, 2, 5, 1000}) {
      std::vector<std::atomic<int>> hits(count);
      pool.ParallelFor(count, [&](size_t i, int worker) {
        EXPECT_GE(worker, 0);
        EXPECT_LT(worker, threads);
        hits[i].fetch_add(1);
      });
      for (const auto& h : hits) EXPECT_EQ(h.load(), 1);
    }
  }
}

TEST(ThreadPool, SeesWritesOfItsTasksAndOfThePreviousCall) {
  ThreadPool pool(3);
  std::vector<int64_t> data(64, 1);
  for (int round = 0; round < 2000; ++round) {
    pool.ParallelFor(data.size(), [&](size_t i, int) { data[i] += static_cast<int64_t>(i); });
  }
  for (size_t i = 0; i < data.size(); ++i) EXPECT_EQ(data[i], 1 + 2000 * static_cast<int64_t>(i));
}

// Calls as short as these are over before some workers have come; what those then find must not be
// the call before.
TEST(ThreadPool, WorkersThatComeLateTouchNothing) {
  ThreadPool pool(7);
  for (int round = 0; round < 20000; ++round) {
    std::vector<int> hits(1 + round % 3);
    pool.ParallelFor(hits.size(), [&](size_t i, int) { ++hits[i]; });
    for (const int h : hits) ASSERT_EQ(h, 1);
  }
}

TEST(ThreadPool, WakesParkedWorkers) {
  ThreadPool pool(2);
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::atomic<int> sum{0};
    pool.ParallelFor(10, [&](size_t i, int) { sum += static_cast<int>(i); });
    EXPECT_EQ(sum.load(), 45);
  }
}

TEST(ThreadPool, AnExceptionOfTheCallersTaskLeavesAPoolThatWorks) {
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 200; ++round) {
      std::atomic<int> inside{0};
      std::atomic<bool> begun{false};
      const auto task = [&](size_t, int worker) {
        if (worker == 0) {
          begun = true;
          throw std::runtime_error("of the caller");
        }
        ++inside;
        while (!begun) std::this_thread::yield();  // There is a task left for the caller.
        --inside;
      };
      EXPECT_THROW(pool.ParallelFor(1000, task), std::runtime_error);
      EXPECT_EQ(inside.load(), 0);
    }
    std::atomic<int> sum{0};
    pool.ParallelFor(10, [&](size_t i, int) { sum += static_cast<int>(i); });
    EXPECT_EQ(sum.load(), 45);
  }
}

}  // namespace
}  // namespace sotto
