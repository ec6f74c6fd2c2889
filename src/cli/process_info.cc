#include "cli/process_info.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <ctime>

#include "enclave/tee/platform.h"

namespace sotto {

void ForbidCoreDumps() {
  // Either alone would do on Linux; a limit also binds the children.
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void TurnWriteSignalsIntoErrors() {
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

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
