#include "tools/bench_samples.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace sotto {

Spread SpreadOf(std::span<const double> samples) {
  SOTTO_CHECK(!samples.empty());
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  const size_t n = sorted.size();
  return {(sorted[(n - 1) / 2] + sorted[n / 2]) / 2, sorted.front(), sorted.back()};
}

}  // namespace sotto
