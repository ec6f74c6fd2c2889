#include "cli/embed_command.h"

#include <array>
#include <memory>
#include <string_view>

#include "base/file.h"
#include "base/strings.h"
#include "cli/execution_flags.h"
#include "cli/line_flags.h"
#include "cli/score_run.h"

namespace sotto {
namespace {

constexpr int64_t kMostDimensions = 1 << 24;

class EmbedFlags {
 public:
  explicit EmbedFlags(CLI::App& app)
      : lines_(app,
               {.input = "What to embed: a JSON line for each text, or with --input-format text "
                         "a text a line; - for standard input",
                .output = "The results, a JSON line for each, or in NAME.npy one array; - for "
                          "standard output"}),
        pooling_(app, {.flag = "--pooling",
                       .placeholder = "WHICH",
                       .help = "Whose hidden state: the last token's, the mean of all tokens', or "
                               "all, one for each token",
                       .default_value = "last"}),
        dimensions_(app, {.flag = "--dimensions",
                          .placeholder = "N",
                          .help = "Keep the first N numbers of each embedding",
                          .shown_default = "all"}),
        normalize_(AddSwitch(app, "--normalize", "Scale each embedding, once cut, to length 1")),
        execution_(app, kLineDefaults) {}

  // After parsing. Errors as PrefillFlags::Read(). Sets the process's log level.
  absl::StatusOr<ScoreJob> Read() const {
    SOTTO_RETURN_IF_ERROR(execution_.ApplyLogLevel());
    ScoreJob job;
    job.settings.task = LineTask::kEmbed;
    job.prefill.positions = Positions::kLast;
    job.prefill.hidden_states_only = true;
    SOTTO_RETURN_IF_ERROR(lines_.ReadLines(job));
    EmbedOptions& embed = job.settings.embed;
    SOTTO_ASSIGN_OR_RETURN(const size_t pooling, pooling_.Choice(kPoolingNames));
    embed.pooling = static_cast<Pooling>(pooling);
    if (dimensions_.given()) {
      SOTTO_ASSIGN_OR_RETURN(embed.dimensions, dimensions_.Integer(1, kMostDimensions));
    }
    embed.normalize = normalize_->count() > 0;
    job.array = job.output_path.ends_with(".npy");
    if (job.array) SOTTO_RETURN_IF_ERROR(CheckArray(job));
    SOTTO_RETURN_IF_ERROR(lines_.ReadRun(execution_, job));
    return job;
  }

 private:
  // Its rows are alike, and nothing but their number tells how far it is.
  absl::Status CheckArray(const ScoreJob& job) const {
    const std::string_view why = job.settings.embed.pooling == Pooling::kAll
                                     ? "--pooling all, which gives texts different numbers of rows"
                                 : job.resume         ? "--resume"
                                 : !job.shard.alone() ? "processes that share the work"
                                                      : "";
    if (why.empty()) return absl::OkStatus();
    return UsageError(StrCat(lines_.output_source(), ": an .npy file does not go with ", why));
  }

  LineFlags lines_;
  Setting pooling_, dimensions_;
  CLI::Option* const normalize_;
  ExecutionFlags execution_;
};

}  // namespace

void AddEmbedCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("embed", "Embed texts: hidden states of the last or of all tokens");
  command->footer(
      "A flag overrides its environment variable [..], which overrides the default (..).");
  const auto flags = std::make_shared<EmbedFlags>(*command);
  command->callback([flags, &invocation] {
    invocation.run = [flags]() -> absl::Status {
      SOTTO_ASSIGN_OR_RETURN(const ScoreJob job, flags->Read());
      return RunScore(job);
    };
  });
}

}  // namespace sotto
