// A few threads that run tasks in the order they came: one all of them, the others small ones only,
// which are therefore never all kept by long ones.
#ifndef SOTTO_TRUSTED_SERVICE_TASK_QUEUE_H_
#define SOTTO_TRUSTED_SERVICE_TASK_QUEUE_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sotto {

enum class TaskSize { kSmall, kLarge };

class TaskQueue {
 public:
  // `threads`: at least 2.
  explicit TaskQueue(int threads);
  // Tasks that have not begun are dropped.
  ~TaskQueue();
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;

  // Thread-safe; tasks may post others. An exception ends its task alone, and is logged.
  void Post(std::function<void()> task, TaskSize size = TaskSize::kSmall);

 private:
  struct Task {
    std::function<void()> run;
    TaskSize size;
  };
  void Work(bool small_only);
  // The first that a thread may run.
  std::deque<Task>::iterator Next(bool small_only);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_TASK_QUEUE_H_
