// The library's errors name the fields of its options; users know flags.
#ifndef SOTTO_CLI_API_ERRORS_H_
#define SOTTO_CLI_API_ERRORS_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace sotto {

// The same error with the flag in place of the field it begins with; others as they are.
absl::Status InFlagTerms(const absl::Status& status);

// `message` with the flags, in brackets, that do what it advises.
std::string WithFlagAdvice(std::string_view message);

}  // namespace sotto

#endif  // SOTTO_CLI_API_ERRORS_H_
