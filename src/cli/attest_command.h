// `sotto attest`: a report of the TEE that it runs in.
#ifndef SOTTO_CLI_ATTEST_COMMAND_H_
#define SOTTO_CLI_ATTEST_COMMAND_H_

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace sotto {

// Prints an attestation report of ACI, as `sotto serve` gives it, but over a keyset without keys:
// those of a command that ends would be of no use. FAILED_PRECONDITION where no TEE attests.
void AddAttestCommand(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_CLI_ATTEST_COMMAND_H_
