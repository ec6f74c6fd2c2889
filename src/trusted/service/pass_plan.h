// Which of the waiting prompts run in the next pass. Of prompts it knows lengths only.
#ifndef SOTTO_TRUSTED_SERVICE_PASS_PLAN_H_
#define SOTTO_TRUSTED_SERVICE_PASS_PLAN_H_

#include <cstddef>
#include <span>
#include <vector>

#include "trusted/service/pass_job.h"

namespace sotto {

struct PassLimits {
  size_t prompts = 32;   // Of a pass.
  size_t tokens = 1024;  // Likewise; one longer prompt runs alone.
};

// What a prompt costs, in units of a token far from the end of a long context's cost: its tokens,
// and for attention a part of their square.
class PromptCost {
 public:
  // `even_length`: at which attention costs as much as all linear layers.
  explicit PromptCost(double even_length) : even_length_(even_length) {}
  double Of(size_t tokens) const {
    const double length = static_cast<double>(tokens);
    return length * (1 + length / even_length_);
  }

 private:
  double even_length_;
};

// A job in the queue.
struct WaitingJob {
  PassKind kind = {};
  double seconds_waited = 0;
  double seconds_left = 0;               // Predicted, of the prompts to come.
  std::span<const size_t> lengths = {};  // Of the prompts to come, at least one.
};

// Prompts [0, count) of a waiting job's to come.
struct PassShare {
  size_t job = 0;
  size_t count = 0;

  bool operator==(const PassShare&) const = default;
};

// The job with the highest response ratio, (waited + predicted) / predicted, goes first: the
// shortest, but waiting makes every job first in the end (Brinch Hansen's HRRN, 1971). What room it
// leaves goes to others of its kind, by the same order. REQUIRES: jobs are not empty.
std::vector<PassShare> PlanPass(std::span<const WaitingJob> jobs, const PassLimits& limits);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_PASS_PLAN_H_
