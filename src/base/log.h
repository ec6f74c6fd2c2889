// Messages for people, to stderr: "sotto: warning: ...", a line each, whatever a name in them holds
// (base/terminal_text.h). Never a prompt, token id, activation, mask or key: names, sizes, times.
#ifndef SOTTO_BASE_LOG_H_
#define SOTTO_BASE_LOG_H_

#include <string_view>

#include "base/status.h"

namespace sotto {

enum class LogLevel { kError = 0, kWarning = 1, kInfo = 2, kDebug = 3 };

// INVALID_ARGUMENT for anything but error, warning, info, debug.
absl::StatusOr<LogLevel> ParseLogLevel(std::string_view name);
// Process-wide; kWarning at first. Thread-safe.
void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);
void Log(LogLevel level, std::string_view message);
// "sotto: ...": what was done. Neither a warning nor for the curious alone; at kError silent.
void Notice(std::string_view message);

// Whether an unfinished line, of progress, stands on the terminal: a message then takes its place.
void SetLineUnfinished(bool unfinished);

}  // namespace sotto

#endif  // SOTTO_BASE_LOG_H_
