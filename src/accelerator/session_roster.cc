#include "accelerator/session_roster.h"

#include <utility>

namespace sotto {

SessionRoster::Entry::Entry(SessionRoster& roster, Stop stop)
    : roster_(roster), stop_(std::move(stop)) {
  std::lock_guard lock(roster_.mutex_);
  roster_.entries_.insert(this);
  if (!roster_.why_.ok()) roster_.StartStopping(*this);
}

SessionRoster::Entry::~Entry() {
  std::unique_lock lock(roster_.mutex_);
  roster_.changed_.wait(lock, [&] { return !stopping_; });
  roster_.entries_.erase(this);
}

SessionRoster::~SessionRoster() {
  for (std::thread& thread : threads_) thread.join();
}

void SessionRoster::StopAll(const absl::Status& why) {
  std::lock_guard lock(mutex_);
  if (!why_.ok()) return;
  why_ = why;
  for (Entry* const entry : entries_) StartStopping(*entry);
}

void SessionRoster::StartStopping(Entry& entry) {
  entry.stopping_ = true;
  threads_.emplace_back([this, &entry, why = why_] {
    entry.stop_(why);
    std::lock_guard lock(mutex_);
    entry.stopping_ = false;
    changed_.notify_all();
  });
}

}  // namespace sotto
