// `sotto embed`.
#ifndef SOTTO_CLI_EMBED_COMMAND_H_
#define SOTTO_CLI_EMBED_COMMAND_H_

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace sotto {

void AddEmbedCommand(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_CLI_EMBED_COMMAND_H_
