// `sotto verify-receipt`: whether a receipt is that of a keyset's holder, and of which bodies.
#ifndef SOTTO_CLI_VERIFY_RECEIPT_COMMAND_H_
#define SOTTO_CLI_VERIFY_RECEIPT_COMMAND_H_

#include "cli/command.h"

namespace CLI {
class App;
}

namespace sotto {

// Prints the verdict on standard output. A receipt that is refused is RefusedVerdict().
void AddVerifyReceiptCommand(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_CLI_VERIFY_RECEIPT_COMMAND_H_
