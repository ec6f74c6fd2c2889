// How a subcommand joins `sotto`. A subcommand X is a pair of files x_command.{h,cc} with
//
//   void AddXCommand(CLI::App& app, Invocation& invocation);
//
// which calls app.add_subcommand("x", "Help."), adds flags to it, and sets its callback to put into
// `invocation.run` what the command does. Nothing runs, and nothing is read but the command line,
// before parsing is done. One line in sotto_app.cc registers it. `run` owns what it captures
// (flags live in a shared_ptr that both the flags' targets and `run` hold).
#ifndef SOTTO_CLI_COMMAND_H_
#define SOTTO_CLI_COMMAND_H_

#include <functional>
#include <string_view>

#include "base/status.h"

namespace CLI {
class App;
}

namespace sotto {

struct Invocation {
  // What the chosen command does; empty when only help or the version was asked for.
  std::function<absl::Status()> run;
};

// An INVALID_ARGUMENT that is the caller's command line: the program ends with exit code 2 instead
// of 1. `message` names the flag or the environment variable.
absl::Status UsageError(std::string_view message);
bool IsUsageError(const absl::Status& status);

// UsageError for a flag with an empty value, as an unset variable of a shell leaves it. For
// commands whose flags turn checks on: none may be off without a word.
absl::Status CheckValuesGiven(const CLI::App& command);

// A PERMISSION_DENIED that is an answer, not a failure to find one: what was to be verified is
// refused. The program ends with exit code 3.
absl::Status RefusedVerdict(std::string_view message);
bool IsRefusedVerdict(const absl::Status& status);

}  // namespace sotto

#endif  // SOTTO_CLI_COMMAND_H_
