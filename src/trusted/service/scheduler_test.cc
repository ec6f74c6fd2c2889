#include "trusted/service/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sotto {
namespace {

using testing::ElementsAre;

// Passes that wait until they are let go, and remember what they ran.
class SchedulerTest : public testing::Test {
 protected:
  struct Ran {
    std::vector<int32_t> first_ids;
    std::vector<size_t> owners;
  };
  using Outcome = absl::StatusOr<PassResults>;

  void Start(SchedulerOptions options = {}) {
    scheduler_.emplace(
        options, [this](const Pass& pass, std::stop_token stop) { return RunPassOf(pass, stop); });
  }
  // Holds the worker in a pass, so that what follows meets in the queue.
  std::future<Outcome> Block(std::stop_token left = {}) {
    auto blocker = Submit({{0}}, std::move(left));
    begun_.get_future().wait();
    return blocker;
  }
  void Unblock() { unblocked_.set_value(); }

  std::future<Outcome> Submit(
      std::vector<TokenIds> prompts, std::stop_token left = {},
      PassJob::Clock::time_point deadline = PassJob::Clock::time_point::max()) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    PassJob job{.left = std::move(left), .deadline = deadline};
    for (TokenIds& ids : prompts) job.prompts.push_back({.ids = std::move(ids)});
    job.done = [promise](Outcome outcome) { promise->set_value(std::move(outcome)); };
    const absl::Status accepted = scheduler_->Submit(std::move(job));
    if (!accepted.ok()) promise->set_value(accepted);
    return promise->get_future();
  }

  std::vector<Ran> ran_;
  std::optional<Scheduler> scheduler_;

 private:
  Outcome RunPassOf(const Pass& pass, const std::stop_token& stop) {
    if (pass.prompts[0]->ids[0] == 0) {
      begun_.set_value();
      std::promise<void> stopped;
      const std::stop_callback callback(stop, [&] { stopped.set_value(); });
      if (stop.stop_possible() && wait_for_stop_) {
        stopped.get_future().wait();
        return absl::CancelledError("stopped");
      }
      unblocked_.get_future().wait();
    }
    Ran& ran = ran_.emplace_back(Ran{.first_ids = {}, .owners = pass.owners});
    PassResults results;
    for (const PassPrompt* prompt : pass.prompts) {
      ran.first_ids.push_back(prompt->ids[0]);
      if (prompt->ids[0] == 99) return absl::FailedPreconditionError("not finite");
      Scores scores;
      scores.sum_logprob = prompt->ids[0];
      results.scores.push_back(std::move(scores));
    }
    return results;
  }

 protected:
  bool wait_for_stop_ = false;

 private:
  std::promise<void> begun_, unblocked_;
};

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
  EXPECT_EQ(first->prompts[1].ids, (TokenIds{2, 2}));
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

TEST_F(SchedulerTest, AnErrorIsItsPromptsAlone) {
  Start();
  auto blocker = Block();
  auto good = Submit({{5}}), bad = Submit({{99}}), also_good = Submit({{6}});
  Unblock();
  EXPECT_TRUE(good.get().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(bad.get().status()));
  EXPECT_TRUE(also_good.get().ok());
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
