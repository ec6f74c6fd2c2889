// Who may use the device next: self-clocked fair queueing (Golestani 1994) over sessions, so that a
// session with large or many exchanges does not starve another. Tags are those of the work's end:
// by tags of its start a session that is new each time would always come first.
#ifndef SOTTO_ACCELERATOR_FAIR_SCHEDULER_H_
#define SOTTO_ACCELERATOR_FAIR_SCHEDULER_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace sotto {

// Thread-safe.
class FairScheduler {
 public:
  // At most `slots` turns are held at once.
  explicit FairScheduler(int slots) : free_slots_(slots) {}

  // A right to compute, given back when destroyed.
  class Turn {
   public:
    explicit Turn(FairScheduler& scheduler) : scheduler_(&scheduler) {}
    Turn(Turn&& other) noexcept : scheduler_(std::exchange(other.scheduler_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (scheduler_ != nullptr) scheduler_->Release();
    }

   private:
    FairScheduler* scheduler_;
  };

  // Blocks until it is `session`'s turn for work of `cost` (any unit, the same for all; > 0).
  Turn Acquire(uint64_t session, uint64_t cost);
  // Forgets a session that has ended.
  void Forget(uint64_t session);
  // Callers blocked in Acquire.
  size_t waiting() const;

 private:
  void Release();

  // Finish tag, then arrival: unique and in the order of service.
  using Ticket = std::pair<uint64_t, uint64_t>;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int free_slots_;
  // The finish tag last served.
  uint64_t virtual_time_ = 0, arrivals_ = 0;
  std::set<Ticket> waiting_;
  std::map<uint64_t, uint64_t> finish_tags_;  // By session.
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_FAIR_SCHEDULER_H_
