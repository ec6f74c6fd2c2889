#include "trusted/service/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "trusted/service/scheduler_test_util.h"

namespace sotto {
namespace {

using testing::ElementsAre;

TEST_F(SchedulerTest, RequestsRunTogetherAndGetTheirOwn) {
  Start();
  auto blocker = Block();
  auto one = Submit({{1, 1}, {2, 2}}), two = Submit({{3, 3}});
  Unblock();
  const Outcome first = one.get(), second = two.get();
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_EQ(first->scores.size(), 2u);
  EXPECT_EQ(first->scores[0].sum_logprob, 1);
  EXPECT_EQ(first->scores[1].sum_logprob, 2);
  EXPECT_EQ(first->prompts[1].ids, (SecretIds{2, 2}));
  ASSERT_EQ(second->scores.size(), 1u);
  EXPECT_EQ(second->scores[0].sum_logprob, 3);
  ASSERT_EQ(ran_.size(), 2u);  // The blocker's, and one for both.
}

TEST_F(SchedulerTest, RequestsAreOwnersOfTheirPrefixes) {
  Start();
  auto blocker = Block();
  auto one = Submit({{1}, {1}}), two = Submit({{1}, {1}});
  Unblock();
  one.wait();
  two.wait();
  const std::vector<size_t>& owners = ran_.at(1).owners;
  ASSERT_EQ(owners.size(), 4u);
  EXPECT_EQ(owners[0], owners[1]);
  EXPECT_EQ(owners[2], owners[3]);
  EXPECT_NE(owners[0], owners[2]);
}

TEST_F(SchedulerTest, SharingAcrossRequestsMustBeAskedFor) {
  Start({.share_prefixes = true});
  auto blocker = Block();
  auto one = Submit({{1}}), two = Submit({{1}});
  Unblock();
  one.wait();
  two.wait();
  EXPECT_THAT(ran_.at(1).owners, ElementsAre());
}

TEST_F(SchedulerTest, AFullQueueSaysSo) {
  Start({.max_jobs = 2, .max_tokens = 100});
  auto blocker = Block();
  EXPECT_TRUE(absl::IsResourceExhausted(Submit({TokenIds(100, 1)}).get().status()));
  auto waiting = Submit({{1}});
  EXPECT_TRUE(absl::IsResourceExhausted(Submit({{1}}).get().status()));
  Unblock();
  EXPECT_TRUE(waiting.get().ok());
}

TEST_F(SchedulerTest, WhoHasLeftIsNotComputed) {
  Start();
  auto blocker = Block();
  std::stop_source left;
  auto gone = Submit({{7}}, left.get_token()), there = Submit({{8}});
  left.request_stop();
  Unblock();
  EXPECT_TRUE(absl::IsCancelled(gone.get().status()));
  EXPECT_TRUE(there.get().ok());
  EXPECT_THAT(ran_.at(1).first_ids, ElementsAre(8));
}

TEST_F(SchedulerTest, APassThatNobodyWaitsForIsStopped) {
  wait_for_stop_ = true;
  Start();
  std::stop_source left;
  auto blocker = Block(left.get_token());
  left.request_stop();
  EXPECT_TRUE(absl::IsCancelled(blocker.get().status()));
}

TEST_F(SchedulerTest, WhatIsLateIsNotComputed) {
  Start();
  auto blocker = Block();
  auto late = Submit({{7}}, {}, PassJob::Clock::now());
  Unblock();
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.get().status()));
  EXPECT_EQ(ran_.size(), 1u);
}

// A short pass, which ends soon anyway, and where nothing is urgent.
TEST_F(SchedulerTest, AnErrorIsItsPromptsAlone) {
  Start();
  auto blocker = Block();
  auto good = Submit({{5}}), bad = Submit({{kWrong}}), also_good = Submit({{6}});
  Unblock();
  EXPECT_TRUE(good.get().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(bad.get().status()));
  EXPECT_TRUE(also_good.get().ok());
}

TEST_F(SchedulerTest, APassThatThrowsIsAnError) {
  Start();
  EXPECT_TRUE(absl::IsInternal(Submit({{kThrowing}}).get().status()));
  EXPECT_TRUE(Submit({{1}}).get().ok());
}

TEST_F(SchedulerTest, WhoThrowsAtItsResultsEndsAlone) {
  Start();
  PassJob job{.prompts = {{.ids = {1}}}, .done = [](const Outcome&) { throw std::bad_alloc(); }};
  ASSERT_TRUE(scheduler_->Submit(std::move(job)).ok());
  EXPECT_TRUE(Submit({{2}}).get().ok());
}

// One by one, after an error that one of them may be the reason of.
TEST_F(SchedulerTest, WhatIsTriedAgainKnowsOfTheEnd) {
  int passes = 0;
  in_pass_ = [&](const Pass&, const std::stop_token& stop) -> absl::Status {
    if (++passes == 1) {
      StopWhile(stop);
      return absl::FailedPreconditionError("not finite");
    }
    EXPECT_TRUE(stop.stop_requested());
    return absl::CancelledError("stopped");
  };
  Start();
  auto blocker = Block();
  auto one = Submit({{kPausing}}), two = Submit({{kPausing}});
  Unblock();
  EXPECT_TRUE(absl::IsCancelled(one.get().status()));
  EXPECT_TRUE(absl::IsCancelled(two.get().status()));
  EXPECT_EQ(passes, 3);
}

TEST_F(SchedulerTest, WhatIsDoneWhenItEndsIsTold) {
  in_pass_ = [&](const Pass&, const std::stop_token& stop) {
    StopWhile(stop);
    return absl::OkStatus();
  };
  Start();
  EXPECT_TRUE(Submit({{kPausing}}).get().ok());
}

TEST_F(SchedulerTest, ItsEndIsTheEndOfWhatWaits) {
  Start();
  auto blocker = Block();
  auto waiting = Submit({{1}});
  std::thread end([&] { scheduler_.reset(); });
  Unblock();
  end.join();
  const absl::Status status = waiting.get().status();
  EXPECT_TRUE(status.ok() || absl::IsUnavailable(status)) << status;
}

}  // namespace
}  // namespace sotto
