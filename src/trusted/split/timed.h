// Where the offloaded layers' time goes.
#ifndef SOTTO_TRUSTED_SPLIT_TIMED_H_
#define SOTTO_TRUSTED_SPLIT_TIMED_H_

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sotto {

inline uint64_t WallNs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// Adds the time between construction and destruction, by WallNs or ThreadCpuNs, to a counter.
template <uint64_t (*Clock)()>
class Timed {
 public:
  explicit Timed(std::atomic<uint64_t>& counter) : counter_(counter), start_(Clock()) {}
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() { counter_.fetch_add(Clock() - start_, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t>& counter_;
  const uint64_t start_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_TIMED_H_
