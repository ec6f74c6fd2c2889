// Programs that stand beside this one and do what it must not contain: measurements in the clear,
// benchmarks, attacks.
#ifndef SOTTO_CLI_OTHER_PROGRAM_H_
#define SOTTO_CLI_OTHER_PROGRAM_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto {

// `sotto` with protection plain.
inline constexpr char kMeasuringProgram[] = "sotto-measure";

// The status of a command line that another program is for, and which one; nothing for any other.
absl::Status NeedsProgram(std::string_view program);
std::optional<std::string> ProgramNeeded(const absl::Status& status);

// Becomes the program of that name in this one's directory; `arguments` are those behind the
// program's name. Returns where that fails: NOT_FOUND.
absl::Status BecomeProgram(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace sotto

#endif  // SOTTO_CLI_OTHER_PROGRAM_H_
