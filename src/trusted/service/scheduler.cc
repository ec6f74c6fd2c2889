#include "trusted/service/scheduler.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <numeric>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "trusted/service/exception_reason.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

// Before a pass has run; only the order of jobs depends on it.
constexpr double kFirstSecondsPerUnit = 1e-3;
// What may give back memory where there is none to plan a pass.
constexpr std::chrono::milliseconds kPauseWithoutMemory{50};

}  // namespace

Scheduler::Scheduler(const SchedulerOptions& options, RunPass run_pass,
                     std::function<void(const SchedulerReport&)> report)
    : options_(options),
      run_pass_(std::move(run_pass)),
      report_(std::move(report)),
      thread_([this] { Work(); }) {}

void Scheduler::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_pass_.request_stop();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::Status Scheduler::Submit(PassJob job) {
  Queued queued{.arrived = Clock::now()};
  size_t tokens = 0;
  for (const PassPrompt& prompt : job.prompts) {
    queued.lengths.push_back(prompt.ids.size());
    tokens += prompt.ids.size();
  }
  queued.job = std::move(job);
  const std::lock_guard lock(mutex_);
  if (stopping_) return absl::UnavailableError("the server is shutting down");
  if (queue_.size() >= options_.max_jobs || tokens_ + tokens > options_.max_tokens) {
    double units = 0;
    for (const Queued& waiting : queue_) units += UnitsLeft(waiting);
    return BusyError("the queue is full", units * seconds_per_unit_.value_or(0));
  }
  queued.number = jobs_submitted_++;
  queue_.push_back(std::move(queued));
  tokens_ += tokens;
  Report();
  changed_.notify_one();
  return absl::OkStatus();
}

double Scheduler::UnitsLeft(const Queued& queued) const {
  double units = 0;
  for (size_t i = queued.prompts_done; i < queued.lengths.size(); ++i) {
    units += options_.cost.Of(queued.lengths[i]);
  }
  return units;
}

void Scheduler::Report() const {
  if (report_) report_({.jobs = queue_.size(), .tokens = tokens_});
}

void Scheduler::TakeTo(Queue& ended, Queue::iterator job) {
  tokens_ -= std::accumulate(job->lengths.begin(), job->lengths.end(), size_t{0});
  ended.splice(ended.end(), queue_, job);
}

Scheduler::Queue Scheduler::TakeEnded() {
  Queue ended;
  const Clock::time_point now = Clock::now();
  for (auto next = queue_.begin(); next != queue_.end();) {
    const auto job = next++;
    if (job->running) continue;
    if (job->outcome.ok() && job->job.left.stop_requested()) {
      job->outcome = absl::CancelledError("the client has left");
    } else if (job->outcome.ok() && job->job.deadline <= now &&
               job->prompts_done < job->lengths.size()) {
      job->outcome = absl::DeadlineExceededError("the request took too long");
    }
    if (!job->outcome.ok() || job->prompts_done == job->lengths.size()) TakeTo(ended, job);
  }
  return ended;
}

std::vector<Scheduler::Share> Scheduler::PlanNext(
    const PassLimits& limits, const std::function<bool(const Queued&)>& wanted) {
  std::vector<WaitingJob> waiting;
  std::vector<Queue::iterator> jobs;
  const Clock::time_point now = Clock::now();
  for (auto job = queue_.begin(); job != queue_.end(); ++job) {
    if (job->running || !wanted(*job)) continue;
    waiting.push_back(
        {.kind = job->job.kind,
         .seconds_waited = std::chrono::duration<double>(now - job->arrived).count(),
         .seconds_left = UnitsLeft(*job) * seconds_per_unit_.value_or(kFirstSecondsPerUnit),
         .lengths = std::span<const size_t>(job->lengths).subspan(job->prompts_done)});
    jobs.push_back(job);
  }
  std::vector<Share> shares;
  if (waiting.empty()) return shares;
  for (const PassShare& share : PlanPass(waiting, limits)) {
    shares.push_back({jobs[share.job], share.count});
  }
  return shares;
}

void Scheduler::Finish(std::unique_lock<std::mutex>& lock, Queue ended) {
  lock.unlock();
  for (Queued& queued : ended) Deliver(queued);
  ended.clear();
  lock.lock();
}

void Scheduler::Deliver(Queued& queued) {
  try {
    queued.results.prompts = std::move(queued.job.prompts);
    if (queued.outcome.ok()) {
      queued.job.done(std::move(queued.results));
    } else {
      queued.job.done(queued.outcome);
    }
  } catch (const std::exception& error) {
    Log(LogLevel::kError, StrCat("a request ended: ", ReasonOf(error)));
  }
}

void Scheduler::WorkOnce(std::unique_lock<std::mutex>& lock) {
  if (Queue ended = TakeEnded(); !ended.empty()) {
    Report();
    Finish(lock, std::move(ended));
  } else {
    RunShares(lock, PlanNext(options_.pass, [](const Queued&) { return true; }));
  }
}

void Scheduler::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) break;
    try {
      WorkOnce(lock);
    } catch (const std::exception& error) {
      Log(LogLevel::kError, StrCat("no pass: ", ReasonOf(error)));
      changed_.wait_for(lock, kPauseWithoutMemory);
    }
  }
  for (Queued& queued : queue_) {
    if (!queued.outcome.ok() || queued.prompts_done == queued.lengths.size()) continue;
    queued.outcome = absl::UnavailableError("the server is shutting down");
  }
  Finish(lock, std::exchange(queue_, {}));
}

}  // namespace sotto
