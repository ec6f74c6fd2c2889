#include "cli/command.h"

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

}  // namespace sotto
