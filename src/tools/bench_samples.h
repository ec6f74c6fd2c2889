// What repeated measurements of one thing say.
#ifndef SOTTO_TOOLS_BENCH_SAMPLES_H_
#define SOTTO_TOOLS_BENCH_SAMPLES_H_

#include <span>

namespace sotto {

struct Spread {
  double median = 0, min = 0, max = 0;

  // Half the range over the median: "x +- 3 %".
  double relative() const { return median > 0 ? (max - min) / 2 / median : 0; }
};

// The median of an even number is the mean of the middle two. REQUIRES: not empty.
Spread SpreadOf(std::span<const double> samples);

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_SAMPLES_H_
