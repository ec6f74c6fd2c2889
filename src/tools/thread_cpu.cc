#include "tools/thread_cpu.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "tools/foreign_cpu.h"
#include "trusted/split/pad_factory.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

std::string NameIn(const fs::path& task) {
  std::string name;
  std::ifstream file(task / "comm");
  std::getline(file, name);
  return name;
}

// The scheduler's own count: `stat` has ticks of 10 ms. 0 when the thread has just ended.
double SecondsIn(const fs::path& task) {
  double nanoseconds = 0;
  std::ifstream file(task / "schedstat");
  file >> nanoseconds;
  return nanoseconds * 1e-9;
}

}  // namespace

ThreadCpu ReadThreadCpu() {
  ThreadCpu cpu;
  const std::string own = NameIn("/proc/self");
  std::error_code error;
  for (const fs::directory_entry& task : fs::directory_iterator("/proc/self/task", error)) {
    // A thread has its maker's name until it is given one.
    const std::string name = NameIn(task.path());
    if (name == own) cpu.engine += SecondsIn(task.path());
    if (name == kPadThreadName) cpu.offline += SecondsIn(task.path());
  }
  cpu.total = OwnCpuSeconds();
  if (cpu.engine == 0) cpu.engine = cpu.total;
  return cpu;
}

ThreadCpu operator-(const ThreadCpu& later, const ThreadCpu& earlier) {
  return {later.total - earlier.total, later.engine - earlier.engine,
          later.offline - earlier.offline};
}

}  // namespace sotto
