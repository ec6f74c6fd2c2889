// What this machine can do, measured in the same run as what is compared with it.
#ifndef SOTTO_TOOLS_BENCH_PEAKS_H_
#define SOTTO_TOOLS_BENCH_PEAKS_H_

#include <cstdint>

#include "base/thread_pool.h"
#include "trusted/linear/local.h"

namespace sotto {

// Operations a second (two a multiply-add), all threads of the pool, the best of several tries.
struct GemmPeak {
  double instructions = 0;  // Multiply-adds on registers alone: the limit. 0: no such instruction.
  double product = 0;       // A large matrix product, weights packed before.

  double limit() const { return instructions > product ? instructions : product; }
};
// Of the operands that `precision` multiplies; fixed counts one operation for all four of its
// products.
GemmPeak MeasureGemmPeak(Precision precision, ThreadPool& pool);

// Bytes a second, reading a buffer far larger than the caches.
double MeasureReadBandwidth(ThreadPool& pool);

// Forgets the peak so far, where the system permits, so that the next PeakResident is of what
// follows only. Returns whether it did.
bool ResetPeakResident();
// The most memory resident since the start or the last reset.
uint64_t PeakResidentSinceReset();

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_PEAKS_H_
