#include "trusted/tee/resources.h"

#include <sys/resource.h>

#include <ctime>

#include "trusted/tee/platform.h"

namespace sotto {

bool CountsResources() {
  const Platform platform = DetectPlatform().platform;
  return platform != Platform::kGramineSgx && platform != Platform::kGramineDirect;
}

double ProcessCpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::optional<uint64_t> PeakResidentBytes() {
  if (!CountsResources()) return std::nullopt;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace sotto
