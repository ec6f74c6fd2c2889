#include "trusted/service/pass_plan.h"

#include <algorithm>
#include <numeric>

namespace sotto {
namespace {

// Predictions of nothing would make all jobs equal.
constexpr double kLeastSeconds = 1e-9;

double ResponseRatio(const WaitingJob& job) {
  return job.seconds_waited / std::max(job.seconds_left, kLeastSeconds);
}

}  // namespace

std::vector<PassShare> PlanPass(std::span<const WaitingJob> jobs, const PassLimits& limits) {
  std::vector<size_t> order(jobs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return ResponseRatio(jobs[a]) > ResponseRatio(jobs[b]);
  });
  const PassKind& kind = jobs[order.front()].kind;
  std::vector<PassShare> shares;
  size_t prompts = 0, tokens = 0;
  for (const size_t number : order) {
    const WaitingJob& job = jobs[number];
    if (!(job.kind == kind)) continue;
    size_t count = 0;
    for (const size_t length : job.lengths) {
      const bool fits = prompts == 0 || tokens + length <= limits.tokens;
      if (prompts == limits.prompts || !fits) break;
      ++count;
      ++prompts;
      tokens += length;
    }
    if (count > 0) shares.push_back({number, count});
  }
  return shares;
}

}  // namespace sotto
