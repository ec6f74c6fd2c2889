// What the programs of this folder and of tools/ have in common: exit codes, one-line errors,
// --help and --version, and what a process that holds prompts does at its start.
#ifndef SOTTO_CLI_APP_H_
#define SOTTO_CLI_APP_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/command.h"

namespace sotto {

struct AppSpec {
  const char* name;
  const char* description;
  // Adds commands, or flags and what is done with them (command.h).
  std::function<void(CLI::App& app, Invocation& invocation)> add;
};

// Runs the program; never throws. Returns the exit code: 0, 1 for a failure, 2 for a command line
// that cannot be understood, 3 for what a verification refused. Each error is one line on stderr,
// "sotto: error: ...".
int RunApp(const AppSpec& spec, int argc, const char* const* argv);

}  // namespace sotto

#endif  // SOTTO_CLI_APP_H_
