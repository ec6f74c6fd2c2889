// Urgent passes in the pauses of others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "trusted/service/scheduler.h"
#include "trusted/service/scheduler_test_util.h"

namespace sotto {
namespace {

using testing::ElementsAre;

TEST_F(SchedulerTest, ShortRequestsRunInThePausesOfLongPasses) {
  std::vector<std::future<Outcome>> others;
  in_pass_ = [&](const Pass& pass, const std::stop_token&) {
    pass.pause();                                        // Nobody waits.
    others.push_back(Submit({TokenIds(11, 1)}));         // Longer than urgent ones are;
    others.push_back(Submit({TokenIds(6, 2), {2, 2}}));  // short, of two prompts;
    others.push_back(Submit({{kWrong}}));                // of an error of its own;
    others.push_back(Submit({TokenIds(10, 3)}));         // short.
    // Urgent ones get half of the time: not every pause is theirs.
    while (!IsReady(others[1]) || !IsReady(others[2]) || !IsReady(others[3])) pass.pause();
    EXPECT_FALSE(IsReady(others[0]));
    EXPECT_TRUE(others[1].get().ok());
    EXPECT_TRUE(absl::IsFailedPrecondition(others[2].get().status()));
    EXPECT_TRUE(others[3].get().ok());
    return absl::OkStatus();
  };
  Start({.urgent = {.prompts = 4, .tokens = 10}});
  const Outcome interrupted = Submit({TokenIds(100, kPausing)}).get();
  ASSERT_TRUE(interrupted.ok()) << interrupted.status();
  EXPECT_EQ(interrupted->scores[0].sum_logprob, kPausing);
  EXPECT_TRUE(others[0].get().ok());
  ASSERT_GE(ran_.size(), 4u);
  for (size_t i = 0; i + 2 < ran_.size(); ++i) EXPECT_TRUE(ran_[i].urgent) << i;
  EXPECT_THAT(ran_[ran_.size() - 2].first_ids, ElementsAre(kPausing));
  EXPECT_FALSE(ran_[ran_.size() - 2].urgent);
  EXPECT_THAT(ran_.back().first_ids, ElementsAre(1));
  EXPECT_FALSE(ran_.back().urgent);
}

TEST_F(SchedulerTest, NotEveryPassIsInterrupted) {
  std::future<Outcome> other;
  bool pauses = false;
  in_pass_ = [&](const Pass& pass, const std::stop_token&) {
    other = Submit({{1, 1}});
    pauses = pass.pause != nullptr;
    if (pauses) pass.pause();
    EXPECT_FALSE(IsReady(other));
    return absl::OkStatus();
  };
  Start({.urgent = {.prompts = 4, .tokens = 10}});
  EXPECT_TRUE(Submit({TokenIds(5, kPausing)}).get().ok());
  EXPECT_TRUE(other.get().ok());
  EXPECT_TRUE(pauses);
  Start();
  EXPECT_TRUE(Submit({TokenIds(500, kPausing)}).get().ok());
  EXPECT_TRUE(other.get().ok());
  EXPECT_FALSE(pauses);
}

TEST_F(SchedulerTest, WhoLeavesIsStillThereInAPause) {
  std::stop_source left;
  std::future<Outcome> other;
  in_pass_ = [&](const Pass& pass, const std::stop_token&) {
    left.request_stop();
    other = Submit({{1}});
    pass.pause();
    EXPECT_TRUE(other.get().ok());
    return absl::OkStatus();
  };
  Start({.urgent = {.prompts = 4, .tokens = 10}});
  EXPECT_TRUE(
      absl::IsCancelled(Submit({TokenIds(100, kPausing)}, left.get_token()).get().status()));
}

// Of an urgent pass and of the one that it interrupts.
TEST_F(SchedulerTest, WhoLeavesInAPauseEndsTheirOwnPass) {
  std::stop_source left, urgent_left;
  std::future<Outcome> stays, leaves;
  in_pass_ = [&](const Pass& pass, const std::stop_token& stop) -> absl::Status {
    if (pass.urgent && pass.prompts[0]->ids.size() == 2) {
      urgent_left.request_stop();
      EXPECT_TRUE(stop.stop_requested());
      return absl::CancelledError("stopped");
    }
    if (pass.urgent) {
      left.request_stop();
      EXPECT_FALSE(stop.stop_requested());
      return absl::OkStatus();
    }
    leaves = Submit({{kPausing, 2}}, urgent_left.get_token());
    while (!IsReady(leaves)) pass.pause();
    EXPECT_FALSE(stop.stop_requested());
    stays = Submit({{kPausing}});
    while (!IsReady(stays)) pass.pause();
    EXPECT_TRUE(stop.stop_requested());
    return absl::CancelledError("stopped");
  };
  Start({.urgent = {.prompts = 4, .tokens = 10}});
  EXPECT_TRUE(
      absl::IsCancelled(Submit({TokenIds(100, kPausing)}, left.get_token()).get().status()));
  EXPECT_TRUE(absl::IsCancelled(leaves.get().status()));
  EXPECT_TRUE(stays.get().ok());
}

TEST_F(SchedulerTest, AnEndInAPauseEndsBothPasses) {
  std::future<Outcome> urgent, waiting;
  in_pass_ = [&](const Pass& pass, const std::stop_token& stop) -> absl::Status {
    if (pass.urgent) {
      StopWhile(stop);
      return absl::CancelledError("stopped");
    }
    waiting = Submit({TokenIds(60, 1)});
    urgent = Submit({{kPausing}});
    while (!IsReady(urgent)) pass.pause();
    EXPECT_TRUE(stop.stop_requested());
    return absl::CancelledError("stopped");
  };
  Start({.urgent = {.prompts = 4, .tokens = 10}});
  EXPECT_TRUE(absl::IsCancelled(Submit({TokenIds(100, kPausing)}).get().status()));
  EXPECT_TRUE(absl::IsCancelled(urgent.get().status()));
  EXPECT_TRUE(absl::IsUnavailable(waiting.get().status()));
  EXPECT_THAT(ran_, testing::IsEmpty());
}

// What is to be tried again, alone, is nobody's meanwhile, though its client has left.
TEST_F(SchedulerTest, WhatIsTriedAgainStaysInTheQueue) {
  std::stop_source left;
  int passes = 0;
  std::future<Outcome> one, two, three;
  in_pass_ = [&](const Pass& pass, const std::stop_token& stop) -> absl::Status {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    if (++passes == 1) {
      EXPECT_EQ(pass.prompts.size(), 3u);
      return absl::FailedPreconditionError("not finite");
    }
    EXPECT_EQ(pass.prompts.size(), 1u);
    left.request_stop();
    pass.pause();
    if (passes == 2) {
      EXPECT_FALSE(IsReady(two));
    }
    return absl::OkStatus();
  };
  Start({.urgent = {.prompts = 4, .tokens = 10}});
  auto blocker = Block();
  one = Submit({{kPausing}});
  two = Submit({{kPausing}}, left.get_token());
  three = Submit({TokenIds(50, kPausing)});
  Unblock();
  EXPECT_TRUE(one.get().ok());
  EXPECT_TRUE(absl::IsCancelled(two.get().status()));
  EXPECT_TRUE(three.get().ok());
  EXPECT_EQ(passes, 3);
}

TEST_F(SchedulerTest, AnUrgentPassThatThrowsEndsAlone) {
  std::future<Outcome> thrown, other;
  in_pass_ = [&](const Pass& pass, const std::stop_token&) {
    thrown = Submit({{kThrowing}});
    while (!IsReady(thrown)) pass.pause();
    other = Submit({{7}});
    while (!IsReady(other)) pass.pause();
    return absl::OkStatus();
  };
  Start({.urgent = {.prompts = 4, .tokens = 10}});
  EXPECT_TRUE(Submit({TokenIds(100, kPausing)}).get().ok());
  EXPECT_TRUE(absl::IsInternal(thrown.get().status()));
  EXPECT_TRUE(other.get().ok());
}

// Whatever its length.
TEST_F(SchedulerTest, WhatIsLateIsToldSoInAPause) {
  std::future<Outcome> late;
  in_pass_ = [&](const Pass& pass, const std::stop_token&) {
    late = Submit({TokenIds(1000, 1)}, {}, PassJob::Clock::now());
    while (!IsReady(late)) pass.pause();
    return absl::OkStatus();
  };
  Start({.urgent = {.prompts = 4, .tokens = 10}});
  EXPECT_TRUE(Submit({TokenIds(100, kPausing)}).get().ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.get().status()));
}

}  // namespace
}  // namespace sotto
