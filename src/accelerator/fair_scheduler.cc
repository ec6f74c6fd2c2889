#include "accelerator/fair_scheduler.h"

#include <algorithm>

namespace sotto {

FairScheduler::Turn FairScheduler::Acquire(uint64_t session, uint64_t cost) {
  std::unique_lock lock(mutex_);
  uint64_t& finish = finish_tags_[session];
  finish = std::max(virtual_time_, finish) + cost;
  const Ticket ticket = {finish, arrivals_++};
  waiting_.insert(ticket);
  changed_.wait(lock, [&] { return free_slots_ > 0 && *waiting_.begin() == ticket; });
  waiting_.erase(ticket);
  virtual_time_ = ticket.first;
  // The next in line may have a free slot as well.
  if (--free_slots_ > 0) changed_.notify_all();
  return Turn(*this);
}

void FairScheduler::Forget(uint64_t session) {
  std::lock_guard lock(mutex_);
  finish_tags_.erase(session);
}

size_t FairScheduler::waiting() const {
  std::lock_guard lock(mutex_);
  return waiting_.size();
}

void FairScheduler::Release() {
  std::lock_guard lock(mutex_);
  ++free_slots_;
  changed_.notify_all();
}

}  // namespace sotto
