#include "cli/classify_command.h"

#include <memory>

#include "cli/execution_flags.h"
#include "cli/line_flags.h"
#include "cli/score_run.h"

namespace sotto {
namespace {

class ClassifyFlags {
 public:
  explicit ClassifyFlags(CLI::App& app)
      : lines_(app, {.input = "What to classify: a JSON line for each text, or with "
                              "--input-format text a text a line; - for standard input"}),
        execution_(app, kLineDefaults) {}

  // After parsing. Errors as PrefillFlags::Read(). Sets the process's log level.
  absl::StatusOr<ScoreJob> Read() const {
    SOTTO_RETURN_IF_ERROR(execution_.ApplyLogLevel());
    ScoreJob job;
    job.settings.task = LineTask::kClassify;
    job.prefill.positions = Positions::kLast;
    SOTTO_RETURN_IF_ERROR(lines_.ReadLines(job));
    SOTTO_RETURN_IF_ERROR(lines_.ReadRun(execution_, job));
    return job;
  }

 private:
  LineFlags lines_;
  ExecutionFlags execution_;
};

}  // namespace

void AddClassifyCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "classify", "Classify texts, or give them a reward: scores of a classifier's labels");
  command->footer(
      "A flag overrides its environment variable [..], which overrides the default (..).");
  const auto flags = std::make_shared<ClassifyFlags>(*command);
  command->callback([flags, &invocation] {
    invocation.run = [flags]() -> absl::Status {
      SOTTO_ASSIGN_OR_RETURN(const ScoreJob job, flags->Read());
      return RunScore(job);
    };
  });
}

}  // namespace sotto
