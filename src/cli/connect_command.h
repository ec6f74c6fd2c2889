// `sotto connect`: verifies a service in a TEE, and passes the requests of clients on this machine
// on to it.
#ifndef SOTTO_CLI_CONNECT_COMMAND_H_
#define SOTTO_CLI_CONNECT_COMMAND_H_

#include <functional>

#include "cli/command.h"
#include "connect/options.h"

namespace CLI {
class App;
}

namespace sotto {

// Runs until SIGTERM or SIGINT. A service that is refused at the start is RefusedVerdict(), with
// the verdict on standard output; one that is refused later is said so to clients.
// `for_tests`: changes the options once flags are read. `sotto` has none.
void AddConnectCommand(CLI::App& app, Invocation& invocation,
                       const std::function<void(ConnectOptions&)>& for_tests = {});

}  // namespace sotto

#endif  // SOTTO_CLI_CONNECT_COMMAND_H_
