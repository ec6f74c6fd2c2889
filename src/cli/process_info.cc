#include "cli/process_info.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <initializer_list>

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

void ReserveStandardDescriptors() {
  // The wrong way round, so that their use is an error.
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

void EndByBrokenPipe() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  constexpr int kDiedOfASignal = 128;
  _exit(kDiedOfASignal + SIGPIPE);  // Whoever started us blocked it.
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
