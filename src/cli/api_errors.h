// The library's errors name the fields of its options; users know flags.
#ifndef SOTTO_CLI_API_ERRORS_H_
#define SOTTO_CLI_API_ERRORS_H_

#include "base/status.h"

namespace sotto {

// The same error with the flag in place of the field it begins with; others as they are.
absl::Status InFlagTerms(const absl::Status& status);

}  // namespace sotto

#endif  // SOTTO_CLI_API_ERRORS_H_
