// A few threads that run tasks in the order they came.
#ifndef SOTTO_TRUSTED_SERVICE_TASK_QUEUE_H_
#define SOTTO_TRUSTED_SERVICE_TASK_QUEUE_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sotto {

class TaskQueue {
 public:
  explicit TaskQueue(int threads);
  // Tasks that have not begun are dropped.
  ~TaskQueue();
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;

  // Thread-safe; tasks may post others. An exception ends its task alone, and is logged.
  void Post(std::function<void()> task);

 private:
  void Work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_TASK_QUEUE_H_
