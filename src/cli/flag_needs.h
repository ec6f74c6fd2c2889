// Which flags mean something only beside others, or in some modes: a flag that would do nothing is
// refused by its name. One whose wish is met anyway is not (--verify under shares, --pad-compute
// with --split).
#ifndef SOTTO_CLI_FLAG_NEEDS_H_
#define SOTTO_CLI_FLAG_NEEDS_H_

#include <CLI/CLI.hpp>
#include <span>

#include "base/status.h"
#include "sotto/split.h"

namespace sotto {

// After parsing. UsageError naming the flag and what it needs, where none of `splits`, which are
// what is going to run, has it.
absl::Status CheckFlagNeeds(const CLI::App& app, std::span<const SplitOptions> splits);

}  // namespace sotto

#endif  // SOTTO_CLI_FLAG_NEEDS_H_
