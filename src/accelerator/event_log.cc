#include "accelerator/event_log.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr std::array<const char*, 4> kLevels = {"error", "warning", "info", "debug"};

std::string Timestamp(int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 96> text{};  // Room for any int: no field can be cut.
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(unix_ms % 1000));
  return text.data();
}

}  // namespace

std::string FormatEvent(int64_t unix_ms, LogLevel level, std::string_view event,
                        std::initializer_list<LogField> fields) {
  nlohmann::ordered_json line = {{"time", Timestamp(unix_ms)},
                                 {"level", kLevels[static_cast<size_t>(level)]},
                                 {"event", event}};
  for (const LogField& field : fields) {
    std::visit([&](const auto& v) { line[std::string(field.first)] = v; }, field.second);
  }
  // Names of peers and errors may hold anything; a log line must not fail for it.
  return line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

void LogEvent(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!LogEnabled(level)) return;
  using std::chrono::system_clock;
  const int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(system_clock::now().time_since_epoch())
          .count();
  const std::string line = StrCat(FormatEvent(now, level, event, fields), "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace sotto
