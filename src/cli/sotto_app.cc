#include "cli/sotto_app.h"

#include <memory>
#include <string>
#include <vector>

#include "cli/app.h"
#include "cli/attest_command.h"
#include "cli/classify_command.h"
#include "cli/connect_command.h"
#include "cli/embed_command.h"
#include "cli/model_command.h"
#include "cli/other_program.h"
#include "cli/prefill_command.h"
#include "cli/provision_command.h"
#include "cli/score_command.h"
#include "cli/serve_command.h"
#include "cli/tokenize_command.h"
#include "cli/verify_command.h"
#include "cli/verify_receipt_command.h"

namespace sotto {
namespace {

// A command that is a program of its own: it gets every argument, --help included.
void AddProgram(CLI::App& app, Invocation& invocation, const std::string& command,
                const std::string& help) {
  CLI::App* const added = app.add_subcommand(command, help);
  added->set_help_flag();
  added->prefix_command();
  added->callback([added, command, &invocation] {
    invocation.run = [program = "sotto-" + command, arguments = added->remaining()] {
      return BecomeProgram(program, arguments);
    };
  });
}

// In the order of the help.
void AddCommands(CLI::App& app, Invocation& invocation) {
  AddPrefillCommand(app, invocation);
  AddScoreCommand(app, invocation);
  AddClassifyCommand(app, invocation);
  AddEmbedCommand(app, invocation);
  AddServeCommand(app, invocation);
  AddConnectCommand(app, invocation);
  AddProvisionCommand(app, invocation);
  AddTokenizeCommand(app, invocation);
  AddModelCommand(app, invocation);
  AddAttestCommand(app, invocation);
  AddVerifyCommand(app, invocation);
  AddVerifyReceiptCommand(app, invocation);
  AddProgram(app, invocation, "bench",
             "Measure prefill speed over lengths, batch sizes and precisions (sotto-bench)");
  AddProgram(app, invocation, "audit", "Attack what accelerators are sent (sotto-audit)");
}

}  // namespace

int RunSotto(const char* name, int argc, const char* const* argv) {
  return RunApp(
      {.name = name,
       .description =
           "Confidential prefill of language models: prompts in, logits of every position "
           "out.",
       .add = AddCommands},
      argc, argv);
}

}  // namespace sotto
