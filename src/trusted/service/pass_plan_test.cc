#include "trusted/service/pass_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace sotto {
namespace {

using testing::ElementsAre;

class PassPlanTest : public testing::Test {
 protected:
  void Add(std::vector<size_t> lengths, double waited, double left, PassKind kind = {.top_k = 1}) {
    lengths_.push_back(std::move(lengths));
    jobs_.push_back(
        {.kind = kind, .seconds_waited = waited, .seconds_left = left, .lengths = lengths_.back()});
  }
  std::vector<PassShare> Plan(size_t prompts = 32, size_t tokens = 100) {
    return PlanPass(jobs_, {.prompts = prompts, .tokens = tokens});
  }

 private:
  std::deque<std::vector<size_t>> lengths_;
  std::vector<WaitingJob> jobs_;
};

TEST_F(PassPlanTest, TheShortestGoesFirstAndOthersFillUp) {
  Add({60, 60}, 1, 12);
  Add({10}, 1, 1);
  Add({20}, 1, 2);
  EXPECT_THAT(Plan(), ElementsAre(PassShare{1, 1}, PassShare{2, 1}, PassShare{0, 1}));
  EXPECT_THAT(Plan(2), ElementsAre(PassShare{1, 1}, PassShare{2, 1}));
  EXPECT_THAT(Plan(32, 29), ElementsAre(PassShare{1, 1}));
}

TEST_F(PassPlanTest, WaitingMakesALongJobFirst) {
  Add({90, 90}, 100, 18);
  Add({20}, 1, 2);
  EXPECT_THAT(Plan(), ElementsAre(PassShare{0, 1}));
}

TEST_F(PassPlanTest, WhatIsLongerThanAPassRunsAlone) {
  Add({500, 5}, 9, 1);
  Add({5}, 1, 1);
  EXPECT_THAT(Plan(), ElementsAre(PassShare{0, 1}));
}

TEST_F(PassPlanTest, KindsDoNotMix) {
  Add({5}, 3, 1);
  Add({5}, 2, 1, {.top_k = 5});
  Add({5}, 1, 1);
  EXPECT_THAT(Plan(), ElementsAre(PassShare{0, 1}, PassShare{2, 1}));
}

TEST(PromptCostTest, GrowsFasterThanTheLength) {
  const PromptCost cost(1000);
  EXPECT_DOUBLE_EQ(cost.Of(1000), 2000);
  EXPECT_GT(cost.Of(4000), 4 * cost.Of(1000));
}

}  // namespace
}  // namespace sotto
