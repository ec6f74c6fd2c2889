// How the scheduler runs what it has planned: passes, and urgent ones in their pauses.
#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <numeric>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "trusted/service/exception_reason.h"
#include "trusted/service/scheduler.h"

namespace sotto {
namespace {

// A pass is interrupted for what is so many times shorter.
constexpr double kMuchLonger = 3;
// How much of what is known a new pass replaces.
constexpr double kNewShare = 0.3;

// Stops a pass once every job of it has left.
class Presence {
 public:
  explicit Presence(std::stop_source stop) : stop_(std::move(stop)) {}

  void Add(const std::stop_token& left) {
    ++present_;
    callbacks_.push_back(std::make_unique<Callback>(left, [this] {
      if (--present_ == 0) stop_.request_stop();
    }));
  }
  // No job is added any more.
  void Begin() {
    if (--present_ == 0) stop_.request_stop();
  }

 private:
  using Callback = std::stop_callback<std::function<void()>>;

  std::stop_source stop_;
  std::atomic<size_t> present_{1};
  std::vector<std::unique_ptr<Callback>> callbacks_;
};

// An error that a single prompt of a pass can be the reason of.
bool IsOfAPrompt(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status);
}

// For all results at once: what a pass has computed is then kept without taking memory.
void MakeRoom(PassOutput output, size_t prompts, PassResults& results) {
  switch (output) {
    case PassOutput::kScores:
      return results.scores.reserve(prompts);
    case PassOutput::kHidden:
      return results.hidden.reserve(prompts);
    case PassOutput::kClasses:
      return results.classes.reserve(prompts);
  }
}

absl::StatusOr<PassResults> GuardedPass(const RunPass& run, const Pass& pass,
                                        const std::stop_token& stop) {
  try {
    return run(pass, stop);
  } catch (const std::exception& error) {
    Log(LogLevel::kError, StrCat("a pass failed: ", ReasonOf(error)));
    return absl::InternalError("the pass failed");
  }
}

}  // namespace

// Short, and by far shorter than what it interrupts.
bool Scheduler::IsUrgent(const Queued& job) const {
  const size_t tokens = std::accumulate(
      job.lengths.begin() + static_cast<ptrdiff_t>(job.prompts_done), job.lengths.end(), size_t{0});
  return tokens <= options_.urgent.tokens && UnitsLeft(job) <= running_->units / kMuchLonger;
}

void Scheduler::RunUrgent() {
  std::unique_lock lock(mutex_);
  if (stopping_) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - running_->start).count();
  if (running_->urgent_seconds > seconds - running_->urgent_seconds) return;
  Queue ended = TakeEnded();
  const std::vector<Share> shares =
      PlanNext(options_.urgent, [this](const Queued& job) { return IsUrgent(job); });
  if (!shares.empty()) RunShares(lock, shares);
  ended.splice(ended.end(), TakeEnded());
  if (ended.empty()) return;
  Report();
  Finish(lock, std::move(ended));
}

// In a pause of a pass, which an exception would end.
void Scheduler::Pause() {
  try {
    RunUrgent();
  } catch (const std::exception& error) {
    Log(LogLevel::kError, StrCat("no urgent pass: ", ReasonOf(error)));
  }
}

Pass Scheduler::PassOf(const std::vector<Share>& shares) const {
  Pass pass{.kind = shares.front().job->job.kind, .urgent = running_ != nullptr};
  for (const auto& [job, count] : shares) {
    for (size_t i = job->prompts_done; i < job->prompts_done + count; ++i) {
      pass.prompts.push_back(&job->job.prompts[i]);
      if (!options_.share_prefixes) pass.owners.push_back(job->number);
    }
  }
  return pass;
}

double Scheduler::UnitsOf(const std::vector<Share>& shares) const {
  double units = 0;
  for (const auto& [job, count] : shares) {
    for (size_t i = job->prompts_done; i < job->prompts_done + count; ++i) {
      units += options_.cost.Of(job->lengths[i]);
    }
  }
  return units;
}

absl::StatusOr<PassResults> Scheduler::RunWithoutLock(std::unique_lock<std::mutex>& lock,
                                                      const std::vector<Share>& shares) {
  Pass pass = PassOf(shares);
  std::stop_source own;
  Presence presence(own);
  for (const auto& [job, count] : shares) {
    presence.Add(job->job.left);
    MakeRoom(job->job.kind.output, job->lengths.size(), job->results);
  }
  Running running{.units = UnitsOf(shares), .start = Clock::now()};
  // What takes memory, and may throw, is done.
  for (const Share& share : shares) share.job->running = true;
  std::stop_source outer = std::exchange(stop_pass_, std::move(own));
  const std::stop_token stop = stop_pass_.get_token();
  if (stopping_) stop_pass_.request_stop();
  if (!pass.urgent && options_.urgent.tokens > 0) {
    running_ = &running;
    pass.pause = [this] { Pause(); };
  }
  lock.unlock();
  presence.Begin();
  absl::StatusOr<PassResults> results = GuardedPass(run_pass_, pass, stop);
  lock.lock();
  const double seconds =
      std::chrono::duration<double>(Clock::now() - running.start).count() - running.urgent_seconds;
  if (pass.urgent) {
    running_->urgent_seconds += seconds;
  } else {
    running_ = nullptr;
  }
  stop_pass_ = std::move(outer);
  if (stopping_) stop_pass_.request_stop();
  for (const Share& share : shares) share.job->running = false;
  if (results.ok()) {
    const double known = seconds_per_unit_.value_or(seconds / running.units);
    seconds_per_unit_ = (1 - kNewShare) * known + kNewShare * seconds / running.units;
  }
  return results;
}

void Scheduler::Keep(const std::vector<Share>& shares, PassResults results) {
  size_t place = 0;
  for (const auto& [job, count] : shares) {
    for (size_t i = 0; i < count; ++i, ++place) {
      switch (job->job.kind.output) {
        case PassOutput::kScores:
          job->results.scores.push_back(std::move(results.scores[place]));
          break;
        case PassOutput::kHidden:
          job->results.hidden.push_back(std::move(results.hidden[place]));
          break;
        case PassOutput::kClasses:
          job->results.classes.push_back(std::move(results.classes[place]));
          break;
      }
    }
    job->results.exchanges_verified += results.exchanges_verified;
    job->prompts_done += count;
  }
}

// Nobody else may take them out of the queue while they wait for their turn, as pauses of the pass
// before would do with those that are urgent, late or alone.
void Scheduler::RunOneByOne(std::unique_lock<std::mutex>& lock, const std::vector<Share>& shares) {
  for (const Share& share : shares) share.job->running = true;
  size_t next = 0;
  try {
    while (next < shares.size()) {
      const std::vector<Share> alone = {shares[next]};
      RunShares(lock, alone);
      ++next;  // It may be gone from now on.
    }
  } catch (...) {
    for (; next < shares.size(); ++next) shares[next].job->running = false;
    throw;
  }
}

void Scheduler::RunShares(std::unique_lock<std::mutex>& lock, const std::vector<Share>& shares) {
  absl::StatusOr<PassResults> results = RunWithoutLock(lock, shares);
  if (results.ok()) return Keep(shares, *std::move(results));
  if (shares.size() > 1 && IsOfAPrompt(results.status())) return RunOneByOne(lock, shares);
  // Where nobody waits any more, TakeEnded() finds it.
  if (absl::IsCancelled(results.status()) && !stopping_) return;
  for (const Share& share : shares) share.job->outcome = results.status();
}

}  // namespace sotto
