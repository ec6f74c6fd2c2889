// The requests of many clients, packed into forward passes that run one after the other. TRUSTED:
// holds prompts.
#ifndef SOTTO_TRUSTED_SERVICE_SCHEDULER_H_
#define SOTTO_TRUSTED_SERVICE_SCHEDULER_H_

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/status.h"
#include "trusted/service/pass_job.h"
#include "trusted/service/pass_plan.h"

namespace sotto {

struct SchedulerOptions {
  PassLimits pass = {};
  PromptCost cost{1e9};
  // Of the queue; a request beyond them is refused.
  size_t max_jobs = 1024;
  size_t max_tokens = size_t{1} << 20;
  // A beginning that prompts of several requests have in common is computed once for all of them.
  bool share_prefixes = false;
  // Of passes that run in the pauses of longer ones; no tokens: there are none.
  PassLimits urgent{.prompts = 1, .tokens = 0};
};

// A pass to run.
struct Pass {
  PassKind kind = {};
  bool urgent = false;               // In a pause of another.
  std::function<void()> pause = {};  // To be called whenever the pass can wait; null: it cannot.
  std::vector<const PassPrompt*> prompts = {};
  std::vector<size_t> owners = {};  // Of each prompt (RunControl::owners); empty: one of all.
};

// Runs a pass, and returns when it has ended: what its kind asks for of its prompts, in their
// order. `stop`: nobody waits for any of them.
using RunPass = std::function<absl::StatusOr<PassResults>(const Pass& pass, std::stop_token stop)>;

// What goes on, for metrics. Called on any thread.
struct SchedulerReport {
  size_t jobs = 0, tokens = 0;  // In the queue or in the pass.
};

class Scheduler {
 public:
  Scheduler(const SchedulerOptions& options, RunPass run_pass,
            std::function<void(const SchedulerReport&)> report = {});
  ~Scheduler() { Stop(); }
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Ends the pass that is running; what waits, and what comes, ends with UNAVAILABLE. Returns when
  // all have been told.
  void Stop();

  // Thread-safe. RESOURCE_EXHAUSTED, with how long to wait, when the queue is full: `done` is then
  // not called. Otherwise it gets the results, DEADLINE_EXCEEDED, CANCELLED when the client has
  // left, or the pass's error.
  absl::Status Submit(PassJob job);

 private:
  using Clock = PassJob::Clock;
  struct Queued {
    PassJob job = {};
    size_t number = 0;  // Of the job, as an owner of prefixes.
    Clock::time_point arrived = {};
    std::vector<size_t> lengths = {};  // Of its prompts.
    size_t prompts_done = 0;
    bool running = false;  // In a pass, or about to be: it stays in the queue.
    PassResults results = {};
    absl::Status outcome = {};
  };
  using Queue = std::list<Queued>;  // A pass keeps places in it while others are added.
  struct Share {
    Queue::iterator job;
    size_t count = 0;  // Of its next prompts.
  };

  // A pass, while it runs. What it gives to urgent ones is at most half of the time.
  struct Running {
    double units = 0;
    Clock::time_point start = {};
    double urgent_seconds = 0;  // Spent in its pauses.
  };

  void Work();
  // Those that have left or are late, out of the queue; none that is running.
  Queue TakeEnded();
  void WorkOnce(std::unique_lock<std::mutex>& lock);
  // Of the jobs that are not running and that `wanted` holds for.
  std::vector<Share> PlanNext(const PassLimits& limits,
                              const std::function<bool(const Queued&)>& wanted);
  void Pause();
  void RunUrgent();
  bool IsUrgent(const Queued& job) const;
  // Runs a pass, or where it fails over a prompt, one for each job; without the lock while it runs.
  void RunShares(std::unique_lock<std::mutex>& lock, const std::vector<Share>& shares);
  void RunOneByOne(std::unique_lock<std::mutex>& lock, const std::vector<Share>& shares);
  absl::StatusOr<PassResults> RunWithoutLock(std::unique_lock<std::mutex>& lock,
                                             const std::vector<Share>& shares);
  Pass PassOf(const std::vector<Share>& shares) const;
  double UnitsOf(const std::vector<Share>& shares) const;
  static void Keep(const std::vector<Share>& shares, PassResults results);
  // Moves a job that has its outcome out of the queue.
  void TakeTo(Queue& ended, Queue::iterator job);
  void Finish(std::unique_lock<std::mutex>& lock, Queue ended);
  static void Deliver(Queued& queued);
  void Report() const;
  double UnitsLeft(const Queued& queued) const;

  const SchedulerOptions options_;
  const RunPass run_pass_;
  const std::function<void(const SchedulerReport&)> report_;

  std::mutex mutex_;  // Guards all below.
  std::condition_variable changed_;
  bool stopping_ = false;
  std::stop_source stop_pass_;  // Of the pass that is running.
  Running* running_ = nullptr;  // It, if it has pauses, in them too.
  Queue queue_;
  size_t jobs_submitted_ = 0;
  size_t tokens_ = 0;                       // Of all jobs in the queue.
  std::optional<double> seconds_per_unit_;  // As the passes so far had it.
  std::thread thread_;                      // The last member: it uses the others.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_SCHEDULER_H_
