#include "cli/score_command.h"

#include <memory>

#include "cli/score_flags.h"
#include "cli/score_run.h"

namespace sotto {

void AddScoreCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "score", "Score texts, continuations and labels: log-probabilities, choices, perplexity");
  command->footer(
      "A flag overrides its environment variable [..], which overrides the default (..).");
  const auto flags = std::make_shared<ScoreFlags>(*command);
  command->callback([flags, &invocation] {
    invocation.run = [flags]() -> absl::Status {
      SOTTO_ASSIGN_OR_RETURN(const ScoreJob job, flags->Read());
      return RunScore(job);
    };
  });
}

}  // namespace sotto
