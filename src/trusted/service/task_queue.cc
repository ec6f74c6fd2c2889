#include "trusted/service/task_queue.h"

#include <exception>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "trusted/service/exception_reason.h"

namespace sotto {
namespace {

// Tasks throw where memory ends only, and one that does ends alone.
void Run(std::function<void()> task) {
  try {
    task();
  } catch (const std::exception& error) {
    Log(LogLevel::kError, StrCat("a request ended: ", ReasonOf(error)));
  }
}

}  // namespace

TaskQueue::TaskQueue(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

TaskQueue::~TaskQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void TaskQueue::Post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void TaskQueue::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (stopping_) return;
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    Run(std::move(task));
    lock.lock();
  }
}

}  // namespace sotto
