// How fast this machine computes in f32 and in bf16, measured where it runs: processors that name
// the same instruction differ by a factor of four in how often they issue it, so a CPU flag is no
// ground for a choice. Values do not matter to the rates, and nothing secret is touched.
#ifndef SOTTO_KERNELS_MEASURED_RATES_H_
#define SOTTO_KERNELS_MEASURED_RATES_H_

#include "kernels/attention.h"
#include "kernels/gemm.h"

namespace sotto {

// Operations a second of one thread, the best of a few tries, f32 and bf16 in turn.
struct MeasuredRates {
  double f32 = 0;
  double bf16 = 0;  // 0: the processor has no bf16 products, and none was measured.

  // Whether bf16 pays. What is within 3 % of f32 does not: f32 is the more exact.
  bool bf16_is_faster() const { return bf16 > 1.03 * f32; }
};

// Of matrix products whose operands stay in the caches. Measured by the first caller, in some 10 to
// 30 ms, and kept for the process's life: a process never changes its mind. Thread-safe. On a busy
// machine it takes 60 ms, or three tries of each if those take longer (best_seconds.h).
const MeasuredRates& ProductRates();

// Of attention over heads of 64, four of them sharing keys and values: some 3 ms, and kept.
const MeasuredRates& AttentionRates();

}  // namespace sotto

#endif  // SOTTO_KERNELS_MEASURED_RATES_H_
