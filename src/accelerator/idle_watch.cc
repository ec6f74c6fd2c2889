#include "accelerator/idle_watch.h"

#include <algorithm>
#include <utility>

namespace sotto {
namespace {

// Looks in a timeout: how much later than it a session may be ended.
constexpr int kLooksPerTimeout = 8;

}  // namespace

IdleWatch::IdleWatch(std::chrono::milliseconds timeout)
    : timeout_(timeout), thread_([this] { Run(); }) {}

IdleWatch::~IdleWatch() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void IdleWatch::Run() {
  const auto period = std::max(timeout_ / kLooksPerTimeout, std::chrono::milliseconds(1));
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, period, [&] { return stopped_; })) CancelIdle();
}

void IdleWatch::CancelIdle() {
  const auto now = Session::Clock::now();
  for (Session* const session : sessions_) {
    // The time first: whoever is seen at no work afterwards had progress, if any, before `now`.
    const auto last = session->last_.load();
    if (now - last < timeout_ || session->working_ > 0 || session->expired_) continue;
    session->expired_ = true;
    session->cancel_();
  }
}

IdleWatch::Session::Session(IdleWatch& watch, std::function<void()> cancel)
    : watch_(watch), cancel_(std::move(cancel)) {
  std::lock_guard lock(watch_.mutex_);
  watch_.sessions_.insert(this);
}

IdleWatch::Session::~Session() {
  std::lock_guard lock(watch_.mutex_);
  watch_.sessions_.erase(this);
}

}  // namespace sotto
