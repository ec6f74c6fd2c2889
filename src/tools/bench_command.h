// `sotto-bench`: how fast this machine prefills, beside what it could do.
#ifndef SOTTO_TOOLS_BENCH_COMMAND_H_
#define SOTTO_TOOLS_BENCH_COMMAND_H_

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace sotto {

// The flags of sotto-bench, and what is done with them.
void AddBench(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_COMMAND_H_
