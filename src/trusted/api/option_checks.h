// What is wrong with options by themselves, whatever the model. Errors: INVALID_ARGUMENT, "FIELD:
// what is wrong with it".
#ifndef SOTTO_TRUSTED_API_OPTION_CHECKS_H_
#define SOTTO_TRUSTED_API_OPTION_CHECKS_H_

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "base/strings.h"
#include "sotto/prefill.h"

namespace sotto {

// That a caller's `value` is one of an enumeration whose values run from 0 to `last`.
template <typename Enum>
absl::Status CheckEnum(std::string_view field, Enum value, Enum last) {
  const auto number = static_cast<int64_t>(value);
  if (number >= 0 && number <= static_cast<int64_t>(last)) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(field, ": ", number, " is none of its values"));
}

inline absl::Status CheckPositions(Positions positions) {
  return CheckEnum("positions", positions, Positions::kLast);
}

// 0, for all processors, or a number that a system may have.
absl::Status CheckThreads(int threads);

// What can be said without a model. Other errors as CheckSplitSetup(), without a field.
absl::Status CheckSplitOptions(const SplitOptions& options);

// Validate(), and what the options compute in; other errors as ChoosePrecision().
absl::StatusOr<PrecisionReport> CheckedPrecision(const PrefillOptions& options);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_OPTION_CHECKS_H_
