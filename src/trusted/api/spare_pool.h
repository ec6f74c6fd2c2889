// Threads are made once where that can be: an enclave has room for so many, and making one costs 20
// times more there. The pool that opened a model serves its first Prefill, and comes back from it.
#ifndef SOTTO_TRUSTED_API_SPARE_POOL_H_
#define SOTTO_TRUSTED_API_SPARE_POOL_H_

#include <sys/types.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <utility>

#include "base/thread_pool.h"

namespace sotto {

// Thread-safe.
class SparePool {
 public:
  SparePool() = default;
  SparePool(const SparePool&) = delete;
  // A child of fork() has no threads to end.
  ~SparePool() {
    if (process_ != getpid()) (void)spare_.release();
  }

  // The one that waits here, if it has so many threads, or a new one.
  std::unique_ptr<ThreadPool> Take(int threads) {
    const std::lock_guard lock(mutex_);
    if (process_ == getpid() && spare_ != nullptr && spare_->threads() == threads) {
      return std::move(spare_);
    }
    return std::make_unique<ThreadPool>(threads);
  }
  // Keeps it for the next one, unless another waits already.
  void Give(std::unique_ptr<ThreadPool> pool) {
    const std::lock_guard lock(mutex_);
    if (process_ == getpid() && spare_ == nullptr) spare_ = std::move(pool);
  }

 private:
  const pid_t process_ = getpid();
  std::mutex mutex_;
  std::unique_ptr<ThreadPool> spare_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_SPARE_POOL_H_
