// Memory of which many take parts and give them back. Thread-safe.
#ifndef SOTTO_HTTP_MEMORY_BUDGET_H_
#define SOTTO_HTTP_MEMORY_BUDGET_H_

#include <atomic>
#include <cstddef>
#include <memory>

namespace sotto {

// An eighth is kept for small parts, of at most a 512th each: large ones, which clients may hold
// for long, do not keep the others from what they need.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t bytes)
      : most_small_(bytes / 512), small_(bytes / 8), large_(bytes - bytes / 8) {}

  // Of one part.
  size_t limit() const { return large_.limit; }

  // Counts `bytes` as long as it lives, beyond the budget too; null where there is no room for
  // them.
  std::shared_ptr<void> Take(size_t bytes) const {
    const Pool& pool = bytes <= most_small_ ? small_ : large_;
    size_t held = pool.held->load();
    do {
      if (bytes > pool.limit || held > pool.limit - bytes) return nullptr;
    } while (!pool.held->compare_exchange_weak(held, held + bytes));
    return {pool.held.get(), [held = pool.held, bytes](void*) { held->fetch_sub(bytes); }};
  }

 private:
  struct Pool {
    explicit Pool(size_t bytes) : limit(bytes) {}
    const size_t limit;
    const std::shared_ptr<std::atomic<size_t>> held = std::make_shared<std::atomic<size_t>>(0);
  };

  const size_t most_small_;
  const Pool small_, large_;
};

}  // namespace sotto

#endif  // SOTTO_HTTP_MEMORY_BUDGET_H_
