// `sotto-audit`: what accelerators could learn. Not part of what an enclave runs: it can send rows
// in the clear.
#include "cli/app.h"
#include "tools/audit_command.h"
#include "trusted/split/protect_plain.h"

int main(int argc, char** argv) {
  sotto::AddPlainProtection();
  return sotto::RunApp({.name = "sotto-audit",
                        .description = "Attack what accelerators are sent: run a prompt, record "
                                       "every message, and look for the prompt in it.",
                        .add = sotto::AddAudit},
                       argc, argv);
}
