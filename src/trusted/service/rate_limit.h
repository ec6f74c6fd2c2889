// How often something may happen: so often a second in the long run, and so often at once.
#ifndef SOTTO_TRUSTED_SERVICE_RATE_LIMIT_H_
#define SOTTO_TRUSTED_SERVICE_RATE_LIMIT_H_

#include <algorithm>
#include <chrono>

namespace sotto {

// Not thread-safe.
class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // REQUIRES: a positive rate, and at least one at once.
  RateLimit(double per_second, double at_once)
      : per_second_(per_second), at_once_(at_once), left_(at_once) {}

  // Whether it may happen now; then it counts. `now` never decreases.
  bool Take(Time now) {
    Refill(now);
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }
  // Until it may happen again.
  double SecondsUntilNext() const { return std::max(0.0, (1 - left_) / per_second_); }

 private:
  void Refill(Time now) {
    if (last_ != Time()) {
      const double seconds = std::chrono::duration<double>(now - last_).count();
      left_ = std::min(at_once_, left_ + seconds * per_second_);
    }
    last_ = now;
  }

  const double per_second_, at_once_;
  double left_;
  Time last_ = {};
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_RATE_LIMIT_H_
