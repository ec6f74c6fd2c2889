// `sotto provision`: hands keys to a service in a TEE that waits for them, once it has proven what
// it is.
#ifndef SOTTO_CLI_PROVISION_COMMAND_H_
#define SOTTO_CLI_PROVISION_COMMAND_H_

#include <functional>

#include "cli/command.h"
#include "connect/options.h"

namespace CLI {
class App;
}

namespace sotto {

// A service that is refused is RefusedVerdict(), with the verdict on standard output. `for_tests`:
// as AddConnectCommand()'s.
void AddProvisionCommand(CLI::App& app, Invocation& invocation,
                         const std::function<void(ConnectOptions&)>& for_tests = {});

}  // namespace sotto

#endif  // SOTTO_CLI_PROVISION_COMMAND_H_
