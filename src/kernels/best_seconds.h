// How long something takes at its best, and which of two things is the faster.
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

// Two things in turn: no fewer rounds than `min_rounds`, however long they take, so that one
// interruption cannot decide, and no more than fit into `time`. Done sooner once both have repeated
// their best `repeats` times, to within `tolerance` of it.
struct RivalLimits {
  int min_rounds = 3;
  int repeats = 4;
  double tolerance = 0.02;
  std::chrono::duration<double> time = std::chrono::milliseconds(60);
};

struct RivalSeconds {
  double first = 0, second = 0;
};

template <typename Clock = std::chrono::steady_clock, typename F, typename G>
RivalSeconds BestSecondsInTurn(F first, G second, const RivalLimits& limits = {}) {
  struct Rival {
    double best = std::numeric_limits<double>::infinity();
    int repeats = 0;
  } a, b;
  const auto time = [&limits](auto& run, Rival& rival) {
    const typename Clock::time_point before = Clock::now();
    run();
    const double seconds = std::chrono::duration<double>(Clock::now() - before).count();
    if (seconds < rival.best * (1 - limits.tolerance)) {
      rival.repeats = 0;
    } else if (seconds <= rival.best * (1 + limits.tolerance)) {
      ++rival.repeats;
    }
    rival.best = std::min(rival.best, seconds);
  };
  const typename Clock::time_point start = Clock::now();
  for (int round = 0; round < limits.min_rounds || Clock::now() - start < limits.time; ++round) {
    time(first, a);
    time(second, b);
    if (round + 1 >= limits.min_rounds && std::min(a.repeats, b.repeats) >= limits.repeats) break;
  }
  return {.first = a.best, .second = b.best};
}

}  // namespace sotto

#endif  // SOTTO_KERNELS_BEST_SECONDS_H_
