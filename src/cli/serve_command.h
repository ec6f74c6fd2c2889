// `sotto serve`: the scoring service.
#ifndef SOTTO_CLI_SERVE_COMMAND_H_
#define SOTTO_CLI_SERVE_COMMAND_H_

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace sotto {

void AddServeCommand(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_CLI_SERVE_COMMAND_H_
