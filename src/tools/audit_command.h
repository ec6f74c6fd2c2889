// `sotto-audit`: runs a prompt through accelerators under a protection, writes down what they were
// sent, and attacks it.
#ifndef SOTTO_TOOLS_AUDIT_COMMAND_H_
#define SOTTO_TOOLS_AUDIT_COMMAND_H_

#include "cli/command.h"

namespace CLI {
class App;
}

namespace sotto {

// The flags of sotto-audit, and what is done with them: prints a line an attack and server, of
// counts and statistics, never text or ids. FAILED_PRECONDITION when an attack succeeded; else the
// errors of the set-up and of the run.
void AddAudit(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_TOOLS_AUDIT_COMMAND_H_
