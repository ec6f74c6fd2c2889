// How long something takes at its best.
#ifndef SOTTO_KERNELS_BEST_SECONDS_H_
#define SOTTO_KERNELS_BEST_SECONDS_H_

#include <algorithm>
#include <chrono>
#include <limits>

namespace sotto {

// A measurement ends after that many tries, or with the first that ends later than this after the
// start: on a busy machine each takes many times as long.
struct TryLimits {
  int tries = 8;
  std::chrono::duration<double> time = std::chrono::milliseconds(5);
};

// Of the shortest try: what disturbs one only makes it longer.
template <typename Clock = std::chrono::steady_clock, typename F>
double BestSeconds(F run, const TryLimits& limits = {}) {
  const typename Clock::time_point start = Clock::now();
  double best = std::numeric_limits<double>::infinity();
  typename Clock::time_point before = start;
  for (int i = 0; i < limits.tries && before - start <= limits.time; ++i) {
    run();
    const typename Clock::time_point after = Clock::now();
    best = std::min(best, std::chrono::duration<double>(after - before).count());
    before = after;
  }
  return best;
}

}  // namespace sotto

#endif  // SOTTO_KERNELS_BEST_SECONDS_H_
