#include "trusted/service/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
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
    bool urgent = false;
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
  static bool IsReady(const std::future<Outcome>& outcome) {
    return outcome.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

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
    if (pass.prompts[0]->ids[0] == kPausing && in_pass_) in_pass_(pass);
    Ran& ran =
        ran_.emplace_back(Ran{.first_ids = {}, .owners = pass.owners, .urgent = pass.urgent});
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
  static constexpr int32_t kPausing = 50;  // A pass that begins so calls:
  std::function<void(const Pass&)> in_pass_;
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

TEST_F(SchedulerTest, ShortRequestsRunInThePausesOfLongPasses) {
  std::vector<std::future<Outcome>> others;
  in_pass_ = [&](const Pass& pass) {
    pass.pause();                                        // Nobody waits.
    others.push_back(Submit({TokenIds(11, 1)}));         // Longer than urgent ones are;
    others.push_back(Submit({TokenIds(6, 2), {2, 2}}));  // short, of two prompts;
    others.push_back(Submit({{99}}));                    // of an error of its own;
    others.push_back(Submit({TokenIds(10, 3)}));         // short.
    // Urgent ones get half of the time: not every pause is theirs.
    while (!IsReady(others[1]) || !IsReady(others[2]) || !IsReady(others[3])) pass.pause();
    EXPECT_FALSE(IsReady(others[0]));
    EXPECT_TRUE(others[1].get().ok());
    EXPECT_TRUE(absl::IsFailedPrecondition(others[2].get().status()));
    EXPECT_TRUE(others[3].get().ok());
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

// A short pass, which ends soon anyway, and where nothing is urgent.
TEST_F(SchedulerTest, NotEveryPassIsInterrupted) {
  std::future<Outcome> other;
  bool pauses = false;
  in_pass_ = [&](const Pass& pass) {
    other = Submit({{1, 1}});
    pauses = pass.pause != nullptr;
    if (pauses) pass.pause();
    EXPECT_FALSE(IsReady(other));
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
  in_pass_ = [&](const Pass& pass) {
    left.request_stop();
    other = Submit({{1}});
    pass.pause();
    EXPECT_TRUE(other.get().ok());
  };
  Start({.urgent = {.prompts = 4, .tokens = 10}});
  EXPECT_TRUE(
      absl::IsCancelled(Submit({TokenIds(100, kPausing)}, left.get_token()).get().status()));
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
