#include "cli/prefill_run.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/strings.h"
#include "base/thread_pool.h"
#include "cli/batch_rows.h"
#include "cli/batch_runner.h"
#include "cli/model_identity.h"
#include "cli/prefill_backend.h"
#include "cli/prefill_outputs.h"
#include "cli/prefill_result.h"
#include "cli/prompt_file.h"
#include "cli/prompt_warnings.h"
#include "cli/run_messages.h"
#include "cli/status_line.h"
#include "cli/stopwatch.h"
#include "enclave/tee/platform.h"
#include "enclave/tokenizer/tokenizer.h"
#include "model/checkpoint.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

static_assert(kMaxTokenizerBytes == Tokenizer::kMaxFileBytes);

absl::StatusOr<std::vector<Prompt>> GatherPrompts(const PrefillOptions& options) {
  if (!options.prompts_path.empty()) {
    return ReadPromptFile(options.prompts_path, options.prompts_format);
  }
  std::vector<Prompt> prompts;
  for (const std::string& text : options.prompts) {
    prompts.push_back({.text = text, .source = StrCat("--prompt ", prompts.size() + 1)});
  }
  return prompts;
}

absl::Status CheckLength(const PrefillOptions& options, const LlamaConfig& config) {
  if (options.prefill_length <= config.max_position_embeddings) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(options.prefill_length_source, ": ",
                                           options.prefill_length, " positions, but the model has ",
                                           config.max_position_embeddings));
}

// The model's tokenizer, or none where it has none: then only ids can be served.
absl::StatusOr<std::unique_ptr<Tokenizer>> LoadTokenizer(const Checkpoint& checkpoint) {
  SOTTO_ASSIGN_OR_RETURN(const std::string* json, checkpoint.TokenizerJson());
  if (json == nullptr) return nullptr;
  SOTTO_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::Parse(*json, StrCat(checkpoint.directory(),
                                                                             "/", kTokenizerName)));
  return std::make_unique<Tokenizer>(std::move(tokenizer));
}

// The last part of the directory's path: what Hugging Face calls the model.
std::string ModelName(const std::string& model_dir) {
  std::error_code error;
  const fs::path canonical = fs::canonical(model_dir, error);
  return (canonical.has_filename() ? canonical : canonical.parent_path()).filename().string();
}

// What is checked before any weight is read.
struct Inputs {
  std::vector<Prompt> prompts = {};
  std::unique_ptr<Tokenizer> tokenizer = nullptr;
  BatchRows rows = {};
  LogitsShape shape = {};
  double tokenize_seconds = 0;
};

absl::StatusOr<Inputs> PrepareInputs(const PrefillOptions& options, const Checkpoint& checkpoint,
                                     std::vector<Prompt> prompts) {
  const LlamaConfig& config = checkpoint.config();
  SOTTO_RETURN_IF_ERROR(CheckLength(options, config));
  Inputs inputs{.prompts = std::move(prompts)};
  SOTTO_ASSIGN_OR_RETURN(inputs.tokenizer, LoadTokenizer(checkpoint));
  const Stopwatch stopwatch;
  SOTTO_ASSIGN_OR_RETURN(inputs.rows, MakeBatchRows(inputs.prompts, inputs.tokenizer.get(),
                                                    {.prefill_length = options.prefill_length,
                                                     .batch_size = options.batch_size,
                                                     .vocab_size = config.vocab_size,
                                                     .truncation = options.truncation,
                                                     .whole_batches = options.pad_compute}));
  inputs.tokenize_seconds = stopwatch.seconds();
  inputs.shape = {.mode = options.logits,
                  .rows = inputs.rows.ids.size(),
                  .prefill_length = options.prefill_length,
                  .vocab_size = config.vocab_size,
                  .padding_comes = options.pad_compute};
  return inputs;
}

// Whose scores wait until their lines of log-probabilities may be written: all, at the worst.
size_t KeptPositions(const PrefillOptions& options, const BatchRows& rows) {
  if (options.logprobs_path.empty()) return 0;
  return options.pad_compute ? rows.ids.size() * options.prefill_length : rows.real_tokens();
}

void WarnOfPrompts(const PrefillOptions& options, const Inputs& inputs) {
  for (const std::string& warning :
       PromptWarnings(inputs.prompts, inputs.rows, options.truncation, DetectPlatform().platform)) {
    Log(LogLevel::kWarning, warning);
  }
}

}  // namespace

absl::Status RunPrefill(const PrefillOptions& options) {
  SOTTO_RETURN_IF_ERROR(CheckWeightCache(options, DetectPlatform().platform));
  WarnBeforePrompts(options);
  SOTTO_ASSIGN_OR_RETURN(std::vector<Prompt> prompts, GatherPrompts(options));
  const Stopwatch loading;
  std::optional<StatusLine> loading_line(std::in_place, options.progress, LoadingLine);
  ThreadPool pool(options.threads);
  SOTTO_ASSIGN_OR_RETURN(const Checkpoint checkpoint,
                         OpenModel(options.model_dir, options.unseal, pool));
  // Before a prompt meets the tokenizer: a hostile one tells of the text by the number of tokens.
  SOTTO_RETURN_IF_ERROR(checkpoint.CheckPins(options.pins, pool));
  SayModel(options, checkpoint);
  SOTTO_ASSIGN_OR_RETURN(const Inputs inputs,
                         PrepareInputs(options, checkpoint, std::move(prompts)));
  WarnOfPrompts(options, inputs);
  SayRows(options, inputs.rows);
  SOTTO_ASSIGN_OR_RETURN(PrefillOutputs outputs,
                         PrefillOutputs::Create(options, inputs.shape, inputs.rows));
  const std::unique_ptr<PrefillBackend> backend =
      options.split.has_value()
          ? MakeSplitBackend(checkpoint, options, pool)
          : MakeLocalBackend(checkpoint, options, pool, KeptPositions(options, inputs.rows));
  BatchRunner runner({.config = checkpoint.config(),
                      .options = options,
                      .prompts = inputs.prompts,
                      .tokenizer = inputs.tokenizer.get(),
                      .rows = inputs.rows},
                     *backend, outputs);
  SOTTO_RETURN_IF_ERROR(runner.Load());
  loading_line.reset();
  const double load_seconds = loading.seconds() - inputs.tokenize_seconds;
  SOTTO_RETURN_IF_ERROR(runner.RunAll());
  // After the work where nothing was pinned, so that the first logits do not wait for it.
  SOTTO_ASSIGN_OR_RETURN(const std::optional<ModelDigests> digests,
                         UsedDigests(options, checkpoint, pool));
  const PrefillReport report{.options = options,
                             .prompts = inputs.prompts,
                             .rows = inputs.rows,
                             .logits = inputs.shape,
                             .model = {.name = ModelName(options.model_dir),
                                       .parameters = checkpoint.parameter_count(),
                                       .digests = digests,
                                       .sealed = IsSealedModelPath(options.model_dir)},
                             .timings = {.load_seconds = load_seconds,
                                         .tokenize_seconds = inputs.tokenize_seconds,
                                         .calibration_seconds = runner.calibration_seconds(),
                                         .prefill_seconds = runner.prefill_seconds(),
                                         .batches = runner.batches()},
                             .perplexity = runner.perplexity(),
                             .mode_detail = runner.mode_detail()};
  SOTTO_RETURN_IF_ERROR(outputs.Commit(ResultText(report)));
  SayWhatWasDone(options, inputs.rows, report.timings.forward_seconds());
  return absl::OkStatus();
}

}  // namespace sotto
