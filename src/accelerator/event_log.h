// The server's log: one JSON object a line on stderr, with names, sizes and times only. Nothing of
// a request's payload, seed or answer is ever passed in.
#ifndef SOTTO_ACCELERATOR_EVENT_LOG_H_
#define SOTTO_ACCELERATOR_EVENT_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/log.h"

namespace sotto {

using LogField = std::pair<std::string_view, std::variant<uint64_t, double, std::string>>;

// {"time": "2026-01-31T12:00:00.123Z", "level": "info", "event": EVENT, FIELD...: VALUE...}
// Printed when `level` is within the process's log level. Thread-safe.
void LogEvent(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

// The line LogEvent prints for a given time, without the newline.
std::string FormatEvent(int64_t unix_ms, LogLevel level, std::string_view event,
                        std::initializer_list<LogField> fields);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_EVENT_LOG_H_
