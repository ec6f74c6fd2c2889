// A persistent pool: threads are created once (in an enclave, making one costs 20 times more than
// outside), spin briefly for the next call, then park on a condition variable.
#ifndef SOTTO_BASE_THREAD_POOL_H_
#define SOTTO_BASE_THREAD_POOL_H_

#include <cstddef>
#include <memory>

#include "absl/functional/function_ref.h"

namespace sotto {

class ThreadPool {
 public:
  // `threads` >= 1 counts the calling thread: threads - 1 are created. In each of them, and in a
  // caller during ParallelFor, outside libraries (oneDNN) run single-threaded.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Calls task(index, worker) for every index in [0, count), each once, worker in [0, threads());
  // returns when all are done. Indices go in order to whoever is free. One caller at a time
  // (checked); no task may call it. What a task throws in the caller's thread ends the call.
  void ParallelFor(size_t count, absl::FunctionRef<void(size_t index, int worker)> task);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sotto

#endif  // SOTTO_BASE_THREAD_POOL_H_
