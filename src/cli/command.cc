#include "cli/command.h"

#include "base/strings.h"

namespace sotto {
namespace {

constexpr char kUsageErrorTag[] = "sotto/usage-error";

}  // namespace

absl::Status UsageError(std::string_view message) {
  absl::Status status = absl::InvalidArgumentError(ToAbsl(message));
  status.SetPayload(kUsageErrorTag, absl::Cord("1"));
  return status;
}

bool IsUsageError(const absl::Status& status) {
  return status.GetPayload(kUsageErrorTag).has_value();
}

}  // namespace sotto
