#include "cli/prefill_command.h"

#include <memory>

#include "cli/prefill_flags.h"
#include "cli/prefill_run.h"

namespace sotto {

void AddPrefillCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "prefill", "Run prompts through a model once and compute the logits of every position");
  command->footer(
      "A flag overrides its environment variable [..], which overrides the default (..).");
  const auto flags = std::make_shared<PrefillFlags>(*command);
  command->callback([flags, &invocation] {
    invocation.run = [flags]() -> absl::Status {
      SOTTO_ASSIGN_OR_RETURN(const PrefillJob options, flags->Read());
      return RunPrefill(options);
    };
  });
}

}  // namespace sotto
