// Memory of which many take parts and give them back. Thread-safe.
#ifndef SOTTO_HTTP_MEMORY_BUDGET_H_
#define SOTTO_HTTP_MEMORY_BUDGET_H_

#include <atomic>
#include <cstddef>
#include <memory>

namespace sotto {

class MemoryBudget {
 public:
  explicit MemoryBudget(size_t limit) : limit_(limit) {}

  size_t limit() const { return limit_; }

  // Counts `bytes` as long as it lives, beyond the budget too; null where there is no room for
  // them.
  std::shared_ptr<void> Take(size_t bytes) const {
    size_t held = held_->load();
    do {
      if (bytes > limit_ || held > limit_ - bytes) return nullptr;
    } while (!held_->compare_exchange_weak(held, held + bytes));
    return {held_.get(), [held = held_, bytes](void*) { held->fetch_sub(bytes); }};
  }

 private:
  const size_t limit_;
  const std::shared_ptr<std::atomic<size_t>> held_ = std::make_shared<std::atomic<size_t>>(0);
};

}  // namespace sotto

#endif  // SOTTO_HTTP_MEMORY_BUDGET_H_
