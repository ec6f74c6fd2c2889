#include "trusted/service/task_queue.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
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

// Tasks handle texts, and what they leave on the stack, saved registers too, would lie there until
// another task goes as deep: an exception's way does, which a text's mistake caused.
[[gnu::noinline]] void WipeStackBelow() {
  constexpr size_t kDepth = size_t{64} << 10;
  std::array<char, kDepth> below;  // NOLINT(cppcoreguidelines-pro-type-member-init): wiped.
  OPENSSL_cleanse(below.data(), below.size());
}

}  // namespace

TaskQueue::TaskQueue(int threads) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this, small_only = i > 0] { Work(small_only); });
  }
}

TaskQueue::~TaskQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void TaskQueue::Post(std::function<void()> task, TaskSize size) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({std::move(task), size});
  }
  // Not one: it might be a thread that does not take this task.
  changed_.notify_all();
}

std::deque<TaskQueue::Task>::iterator TaskQueue::Next(bool small_only) {
  return std::ranges::find_if(tasks_, [small_only](const Task& task) {
    return !small_only || task.size == TaskSize::kSmall;
  });
}

void TaskQueue::Work(bool small_only) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || Next(small_only) != tasks_.end(); });
    if (stopping_) return;
    const auto next = Next(small_only);
    std::function<void()> task = std::move(next->run);
    tasks_.erase(next);
    lock.unlock();
    Run(std::move(task));
    WipeStackBelow();
    lock.lock();
  }
}

}  // namespace sotto
