#include "base/log.h"

#include <array>
#include <atomic>
#include <cstdio>

#include "base/strings.h"
#include "base/terminal_text.h"

namespace sotto {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"error", "warning", "info", "debug"};
std::atomic<LogLevel> g_level{LogLevel::kWarning};
std::atomic<bool> g_line_unfinished{false};

// One write, so that lines of several threads do not mix.
void WriteLine(std::string_view prefix, std::string_view message) {
  constexpr std::string_view kEraseLine = "\r\033[K";
  const std::string line =
      StrCat(g_line_unfinished.load(std::memory_order_relaxed) ? kEraseLine : "", prefix, ": ",
             TerminalText(message), "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

absl::StatusOr<LogLevel> ParseLogLevel(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) return static_cast<LogLevel>(i);
  }
  return absl::InvalidArgumentError(
      StrCat("\"", name, "\" is not one of error, warning, info or debug"));
}

void SetLogLevel(LogLevel level) { g_level.store(level, std::memory_order_relaxed); }

bool LogEnabled(LogLevel level) { return level <= g_level.load(std::memory_order_relaxed); }

void Log(LogLevel level, std::string_view message) {
  if (!LogEnabled(level)) return;
  WriteLine(StrCat("sotto: ", kNames[static_cast<size_t>(level)]), message);
}

void Notice(std::string_view message) {
  if (LogEnabled(LogLevel::kWarning)) WriteLine("sotto", message);
}

void SetLineUnfinished(bool unfinished) {
  g_line_unfinished.store(unfinished, std::memory_order_relaxed);
}

}  // namespace sotto
