#include "attest/tcb_status.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sotto {
namespace {

constexpr std::array<std::pair<TcbStatus, std::string_view>, 7> kTcbStatusNames = {{
    {TcbStatus::kUpToDate, "UpToDate"},
    {TcbStatus::kSwHardeningNeeded, "SWHardeningNeeded"},
    {TcbStatus::kConfigurationNeeded, "ConfigurationNeeded"},
    {TcbStatus::kConfigurationAndSwHardeningNeeded, "ConfigurationAndSWHardeningNeeded"},
    {TcbStatus::kOutOfDate, "OutOfDate"},
    {TcbStatus::kOutOfDateConfigurationNeeded, "OutOfDateConfigurationNeeded"},
    {TcbStatus::kRevoked, "Revoked"},
}};

bool NeedsConfiguration(TcbStatus status) {
  return status == TcbStatus::kConfigurationNeeded ||
         status == TcbStatus::kConfigurationAndSwHardeningNeeded ||
         status == TcbStatus::kOutOfDateConfigurationNeeded;
}

}  // namespace

std::string_view TcbStatusName(TcbStatus status) {
  for (const auto& [value, name] : kTcbStatusNames) {
    if (value == status) return name;
  }
  return "unknown";
}

std::optional<TcbStatus> ParseTcbStatus(std::string_view name) {
  for (const auto& [value, spelling] : kTcbStatusNames) {
    if (spelling == name) return value;
  }
  return std::nullopt;
}

TcbStatus MergeTcbStatus(TcbStatus platform, TcbStatus part) {
  const TcbStatus worse = std::max(platform, part);
  if (worse == TcbStatus::kRevoked || worse < TcbStatus::kOutOfDate) return worse;
  return NeedsConfiguration(platform) || NeedsConfiguration(part)
             ? TcbStatus::kOutOfDateConfigurationNeeded
             : TcbStatus::kOutOfDate;
}

TcbLevelState MergeLevels(const TcbLevelState& platform, const TcbLevelState& part) {
  TcbLevelState merged{MergeTcbStatus(platform.status, part.status), platform.advisories};
  for (const std::string& advisory : part.advisories) {
    if (std::find(merged.advisories.begin(), merged.advisories.end(), advisory) ==
        merged.advisories.end()) {
      merged.advisories.push_back(advisory);
    }
  }
  return merged;
}

}  // namespace sotto
