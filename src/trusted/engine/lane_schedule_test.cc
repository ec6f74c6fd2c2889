#include "trusted/engine/lane_schedule.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace sotto {
namespace {

struct Visit {
  size_t layer, block;
};

// Every block goes through every layer, blocks shared out among lanes; the order in which they
// stored keys and values.
std::vector<Visit> VisitsOf(size_t lanes, size_t layers, size_t blocks, size_t stores) {
  LaneSchedule schedule(layers, blocks, stores);
  std::mutex mutex;
  std::vector<Visit> visits;
  std::vector<std::thread> threads;
  threads.reserve(lanes);
  for (size_t lane = 0; lane < lanes; ++lane) {
    threads.emplace_back([&, lane] {
      for (size_t block = lane; block < blocks; block += lanes) {
        for (size_t layer = 0; layer < layers; ++layer) {
          EXPECT_TRUE(schedule.AwaitTurnToStore(layer, block));
          {
            const std::lock_guard lock(mutex);
            visits.push_back({layer, block});
          }
          schedule.Attended(layer);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return visits;
}

TEST(LaneScheduleTest, BlocksFollowEachOtherInEveryLayer) {
  constexpr size_t kLayers = 5, kBlocks = 12;
  for (const size_t lanes : {1, 2, 3}) {
    // With a store a layer none waits for another layer.
    const std::vector<Visit> visits = VisitsOf(lanes, kLayers, kBlocks, kLayers);
    ASSERT_EQ(visits.size(), kLayers * kBlocks);
    std::vector<size_t> next(kLayers);
    for (const Visit& visit : visits) {
      EXPECT_EQ(visit.block, next[visit.layer]) << "layer " << visit.layer;
      next[visit.layer] = visit.block + 1;
    }
  }
}

// Two lanes of one block each, fewer stores than layers: a layer begins when all blocks are done
// with the layer whose store it takes.
TEST(LaneScheduleTest, AStoreIsTakenWhenNobodyReadsItAnyMore) {
  constexpr size_t kLayers = 9, kStores = 2;
  const std::vector<Visit> visits = VisitsOf(2, kLayers, 2, kStores);
  std::vector<size_t> done(kLayers);
  for (const Visit& visit : visits) {
    if (visit.layer >= kStores) {
      EXPECT_EQ(done[visit.layer - kStores], 2u) << "layer " << visit.layer;
    }
    ++done[visit.layer];
  }
}

TEST(LaneScheduleTest, AFailureLetsNobodyWait) {
  LaneSchedule schedule(1, 3, 1);
  ASSERT_TRUE(schedule.AwaitTurnToStore(0, 0));
  std::atomic<int> stopped = 0;
  std::vector<std::thread> threads;
  threads.reserve(2);
  for (const size_t block : {1, 2}) {
    threads.emplace_back([&, block] { stopped += !schedule.AwaitTurnToStore(0, block); });
  }
  schedule.Fail();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stopped, 2);
  EXPECT_FALSE(schedule.AwaitTurnToStore(0, 0));
}

}  // namespace
}  // namespace sotto
