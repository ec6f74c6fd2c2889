#include "cli/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr char kUsageErrorTag[] = "sotto/usage-error";
constexpr char kRefusedVerdictTag[] = "sotto/refused-verdict";

}  // namespace

absl::Status UsageError(std::string_view message) {
  absl::Status status = absl::InvalidArgumentError(ToAbsl(message));
  status.SetPayload(kUsageErrorTag, absl::Cord("1"));
  return status;
}

bool IsUsageError(const absl::Status& status) {
  return status.GetPayload(kUsageErrorTag).has_value();
}

absl::Status RefusedVerdict(std::string_view message) {
  absl::Status status = absl::PermissionDeniedError(ToAbsl(message));
  status.SetPayload(kRefusedVerdictTag, absl::Cord("1"));
  return status;
}

bool IsRefusedVerdict(const absl::Status& status) {
  return status.GetPayload(kRefusedVerdictTag).has_value();
}

absl::Status CheckValuesGiven(const CLI::App& command) {
  for (const CLI::Option* const option : command.get_options()) {
    const std::vector<std::string>& values = option->results();
    if (std::ranges::find(values, "") == values.end()) continue;
    return UsageError(StrCat(option->get_name(), ": is given an empty value"));
  }
  return absl::OkStatus();
}

}  // namespace sotto
