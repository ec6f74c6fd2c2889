// Processor time, which unlike wall time does not grow while others use the processor.
#ifndef SOTTO_BASE_CPU_CLOCK_H_
#define SOTTO_BASE_CPU_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace sotto {

// Processor time of the calling thread so far, user and system, in nanoseconds. A system call.
inline uint64_t ThreadCpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace sotto

#endif  // SOTTO_BASE_CPU_CLOCK_H_
