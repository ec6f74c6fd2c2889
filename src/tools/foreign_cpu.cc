#include "tools/foreign_cpu.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace sotto {
namespace {

// Two ticks of the usual 100 Hz on each end.
constexpr double kResolutionSeconds = 0.04;
constexpr double kTolerance = 0.02;

double Seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

double WallSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::optional<double> BusySeconds() {
  std::ifstream file("/proc/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const std::optional<double> ticks = ParseBusyTicks(line);
  if (!ticks.has_value()) return std::nullopt;
  return *ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

std::optional<double> ParseBusyTicks(std::string_view proc_stat) {
  if (!proc_stat.starts_with("cpu ")) return std::nullopt;
  // user nice system idle iowait irq softirq steal (guest time is in user already)
  const char* next = proc_stat.data() + 4;
  const char* const end = proc_stat.data() + std::min(proc_stat.find('\n'), proc_stat.size());
  double busy = 0;
  for (int field = 0; field < 8; ++field) {
    while (next != end && *next == ' ') ++next;
    uint64_t ticks = 0;
    const auto [after, error] = std::from_chars(next, end, ticks);
    if (error != std::errc()) return std::nullopt;
    if (field != 3 && field != 4) busy += static_cast<double>(ticks);
    next = after;
  }
  return busy;
}

ForeignCpuMeter::ForeignCpuMeter()
    : busy_(BusySeconds()), own_(OwnCpuSeconds()), wall_(WallSeconds()) {}

std::optional<double> ForeignCpuMeter::seconds() const {
  const std::optional<double> busy = BusySeconds();
  if (!busy.has_value() || !busy_.has_value()) return std::nullopt;
  return std::max(0.0, (*busy - *busy_) - (OwnCpuSeconds() - own_));
}

bool ForeignCpuMeter::disturbed() const {
  const double available =
      (WallSeconds() - wall_) * std::max(1u, std::thread::hardware_concurrency());
  return seconds().value_or(0) > std::max(kResolutionSeconds, kTolerance * available);
}

double OwnCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

}  // namespace sotto
