// `sotto-audit`: runs a prompt through accelerators under a protection, writes down what they were
// sent, and attacks it.
#ifndef SOTTO_TOOLS_AUDIT_COMMAND_H_
#define SOTTO_TOOLS_AUDIT_COMMAND_H_

#include <string>
#include <vector>

#include "base/status.h"
#include "cli/command.h"

namespace CLI {
class App;
}

namespace sotto {

struct AuditFlags {
  std::string model;                      // A directory.
  std::string prompt;                     // Empty: a text of ours.
  std::vector<std::string> accelerators;  // Endpoints.
  std::string protection = "auto";
  std::vector<std::string> accelerator_keys;  // Fingerprints, one an accelerator, or none.
  std::vector<std::string> accelerator_cas;   // PEM files, one an accelerator, or none.
  std::string tls_cert, tls_key;              // PEM files for servers that ask, or empty.
  bool no_relay = false;
  bool insecure_channels = false;
};

// Prints a line an attack and server. FAILED_PRECONDITION when an attack succeeded; else the
// errors of the set-up and of the run. Prints counts and statistics, never text or ids.
absl::Status RunAudit(const AuditFlags& flags);

// The flags of sotto-audit, and what is done with them.
void AddAudit(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_TOOLS_AUDIT_COMMAND_H_
