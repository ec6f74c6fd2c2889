// `sotto verify`: whether a quote is accepted by a policy.
#ifndef SOTTO_CLI_VERIFY_COMMAND_H_
#define SOTTO_CLI_VERIFY_COMMAND_H_

#include "cli/command.h"

namespace CLI {
class App;
}

namespace sotto {

// Prints the verdict on standard output. A quote that is refused is RefusedVerdict(); files that
// cannot be read and policies that cannot be understood are other errors.
void AddVerifyCommand(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_CLI_VERIFY_COMMAND_H_
