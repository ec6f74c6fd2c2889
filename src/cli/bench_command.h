// `sotto bench`: how fast this machine prefills, beside what it could do.
#ifndef SOTTO_CLI_BENCH_COMMAND_H_
#define SOTTO_CLI_BENCH_COMMAND_H_

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace sotto {

void AddBenchCommand(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_CLI_BENCH_COMMAND_H_
