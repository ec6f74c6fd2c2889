// A scheduler over passes of a test's own.
#ifndef SOTTO_TRUSTED_SERVICE_SCHEDULER_TEST_UTIL_H_
#define SOTTO_TRUSTED_SERVICE_SCHEDULER_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "trusted/service/scheduler.h"

namespace sotto {

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
    for (TokenIds& ids : prompts) job.prompts.push_back({.ids = TakeIds(std::move(ids))});
    job.done = [promise](Outcome outcome) { promise->set_value(std::move(outcome)); };
    const absl::Status accepted = scheduler_->Submit(std::move(job));
    if (!accepted.ok()) promise->set_value(accepted);
    return promise->get_future();
  }

  // Ends the scheduler as a drain does, until its passes know.
  void StopWhile(const std::stop_token& stop) {
    std::promise<void> stopped;
    const std::stop_callback callback(stop, [&] { stopped.set_value(); });
    stopping_ = std::thread([this] { scheduler_->Stop(); });
    stopped.get_future().wait();
  }

  ~SchedulerTest() override {
    if (stopping_.joinable()) stopping_.join();
  }

  static constexpr int32_t kPausing = 50;  // A pass that begins so calls:
  std::function<absl::Status(const Pass&, const std::stop_token&)> in_pass_;
  static constexpr int32_t kThrowing = 51, kWrong = 99;
  bool wait_for_stop_ = false;
  std::vector<Ran> ran_;

 private:
  Outcome RunPassOf(const Pass& pass, const std::stop_token& stop) {
    const int32_t first = pass.prompts[0]->ids[0];
    if (first == 0) {
      begun_.set_value();
      std::promise<void> stopped;
      const std::stop_callback callback(stop, [&] { stopped.set_value(); });
      if (stop.stop_possible() && wait_for_stop_) {
        stopped.get_future().wait();
        return absl::CancelledError("stopped");
      }
      unblocked_.get_future().wait();
    }
    if (first == kThrowing) throw std::bad_alloc();
    if (first == kPausing && in_pass_) SOTTO_RETURN_IF_ERROR(in_pass_(pass, stop));
    Ran& ran =
        ran_.emplace_back(Ran{.first_ids = {}, .owners = pass.owners, .urgent = pass.urgent});
    PassResults results;
    for (const PassPrompt* prompt : pass.prompts) {
      ran.first_ids.push_back(prompt->ids[0]);
      if (prompt->ids[0] == kWrong) return absl::FailedPreconditionError("not finite");
      Scores scores;
      scores.sum_logprob = prompt->ids[0];
      results.scores.push_back(std::move(scores));
    }
    return results;
  }

  std::promise<void> begun_, unblocked_;
  std::thread stopping_;

 protected:
  std::optional<Scheduler> scheduler_;  // The last member: it uses the others.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_SCHEDULER_TEST_UTIL_H_
