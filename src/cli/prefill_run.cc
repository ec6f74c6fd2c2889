#include "cli/prefill_run.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/stopwatch.h"
#include "base/strings.h"
#include "cli/api_errors.h"
#include "cli/batch_rows.h"
#include "cli/head_check.h"
#include "cli/logprobs_queue.h"
#include "cli/prefill_outputs.h"
#include "cli/prefill_result.h"
#include "cli/progress.h"
#include "cli/prompt_file.h"
#include "cli/prompt_warnings.h"
#include "cli/protection_facts.h"
#include "cli/run_messages.h"
#include "cli/run_receipt.h"
#include "cli/status_line.h"
#include "model/sealed_model.h"
#include "model/sha256.h"
#include "sotto/model.h"
#include "sotto/prefill.h"
#include "trusted/api/weight_cache_policy.h"
#include "trusted/tee/platform.h"

namespace sotto {
namespace {

// `sha256`: as ReadPromptFile().
absl::StatusOr<std::vector<Prompt>> GatherPrompts(const PrefillJob& options, std::string* sha256) {
  if (!options.prompts_path.empty()) {
    return ReadPromptFile(options.prompts_path, options.prompts_format, sha256);
  }
  std::vector<Prompt> prompts;
  for (const std::string& text : options.prompts) {
    prompts.push_back({.text = text, .source = StrCat("--prompt ", prompts.size() + 1)});
  }
  return prompts;
}

// Early; Prefill::Create() sees to it again.
absl::Status CheckCache(const PrefillJob& job) {
  if (job.prefill.weight_cache_dir.empty()) return absl::OkStatus();
  return InFlagTerms(CheckWeightCache(
      {.sealed = IsSealedModelPath(job.model_path), .platform = DetectPlatform().platform}));
}

absl::Status CheckLength(const PrefillJob& job, const ModelInfo& model) {
  if (job.prefill.prefill_length <= model.max_positions) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(job.prefill_length_source, ": ",
                                           job.prefill.prefill_length,
                                           " positions, but the model has ", model.max_positions));
}

absl::Status CheckTopK(const PrefillJob& job, const ModelInfo& model) {
  if (job.top_k.value_or(0) <= model.vocab_size) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat("--top-k: ", *job.top_k, ", but the model has ", model.vocab_size, " tokens"));
}

// What is checked before any weight is read.
struct RunInputs {
  std::vector<Prompt> prompts = {};
  BatchRows rows = {};
  LogitsShape shape = {};
  double tokenize_seconds = 0;
};

absl::StatusOr<RunInputs> PrepareInputs(const PrefillJob& job, const Model& model,
                                        std::vector<Prompt> prompts) {
  const PrefillOptions& options = job.prefill;
  SOTTO_RETURN_IF_ERROR(CheckLength(job, model.info()));
  SOTTO_RETURN_IF_ERROR(CheckTopK(job, model.info()));
  RunInputs inputs{.prompts = std::move(prompts)};
  const Stopwatch stopwatch;
  SOTTO_ASSIGN_OR_RETURN(inputs.rows, MakeBatchRows(inputs.prompts, model,
                                                    {.prefill_length = options.prefill_length,
                                                     .batch_size = options.batch_size,
                                                     .truncation = job.truncation,
                                                     .encoding = job.encoding,
                                                     .whole_batches = options.pad_compute}));
  inputs.tokenize_seconds = stopwatch.seconds();
  inputs.shape = {.positions = options.positions,
                  .rows = inputs.rows.ids.size(),
                  .prefill_length = options.prefill_length,
                  .vocab_size = model.info().vocab_size,
                  .padding_comes = options.pad_compute};
  return inputs;
}

void WarnOfPrompts(const PrefillJob& job, const RunInputs& inputs) {
  for (const std::string& warning :
       PromptWarnings(inputs.prompts, inputs.rows, job.truncation, DetectPlatform().platform)) {
    Log(LogLevel::kWarning, warning);
  }
}

// Padding that is not computed needs no room.
PrefillOptions WithRoomFor(const BatchRows& rows, PrefillOptions options) {
  if (!options.pad_compute) options.prefill_length = rows.longest();
  return options;
}

std::vector<std::string> NamesOf(std::span<const Prompt> prompts, size_t rows) {
  std::vector<std::string> names;
  for (size_t row = 0; row < rows; ++row) names.push_back(prompts[row % prompts.size()].source);
  return names;
}

// What the passes leave beside what went to the files.
struct Outcome {
  RunReport run = {};
  std::vector<std::optional<double>> perplexity = {};
};

absl::StatusOr<Outcome> RunPasses(const PrefillJob& job, const Model& model,
                                  const RunInputs& inputs, Prefill& prefill,
                                  PrefillOutputs& outputs) {
  Outcome outcome;
  outcome.perplexity.resize(inputs.prompts.size());
  LogprobsQueue logprobs(inputs.prompts, inputs.rows, model, outputs);
  LogitsFile* const file = outputs.logits();
  RunRequest request{.positions = job.prefill.positions, .calibrate = true, .last_run = true};
  if (file != nullptr) {
    request.logits = [file](const LogitsRows& rows) {
      file->Write(rows.prompt, rows.first_position, {rows.values, rows.rows, rows.vocab_size});
    };
    request.check = [file] { return file->status(); };
  }
  if (job.prefill.positions == Positions::kAll) {
    request.score_options.keep_tokens = outputs.wants_logprobs();
    request.score_options.top_k = job.top_k.value_or(1);
    request.scores = [&](size_t row, Scores scores) {
      if (row >= inputs.prompts.size()) return absl::OkStatus();  // Repeats a prompt.
      outcome.perplexity[row] = scores.perplexity();
      return logprobs.Add(row, std::move(scores));
    };
  }
  PrefillLine line(job.progress);
  RunControl control{.names = NamesOf(inputs.prompts, inputs.rows.ids.size())};
  if (job.progress != ProgressMode::kNever) {
    control.progress = [&](const Progress& progress) { line.Show(progress); };
  }
  SOTTO_ASSIGN_OR_RETURN(outcome.run, prefill.Run(inputs.rows.ids, request, control));
  return outcome;
}

absl::StatusOr<std::optional<RunReceipt>> BeginReceipt(const PrefillJob& job) {
  if (!job.receipt.wanted()) return std::nullopt;
  SOTTO_ASSIGN_OR_RETURN(RunReceipt receipt, RunReceipt::Begin(job.receipt));
  return std::optional<RunReceipt>(std::move(receipt));
}

RunFacts FactsOf(const PrefillReport& report, const RunDigests& files) {
  RunFacts facts{.command = "prefill",
                 .files = files,
                 .model_name = report.model.name,
                 .model = *report.digests,
                 .protection = ProtectionFactsOf(report.options.prefill, report.precision),
                 .usage = {.prompts = report.prompts.size()}};
  for (size_t i = 0; i < report.prompts.size(); ++i) {
    facts.usage.tokens += report.rows.ids[i].size();
  }
  if (report.run.split.has_value()) {
    facts.usage.exchanges_verified = report.run.split->exchanges_of_run;
  }
  return facts;
}

}  // namespace

absl::Status RunPrefill(const PrefillJob& job) {
  SOTTO_RETURN_IF_ERROR(CheckCache(job));
  WarnBeforePrompts(job);
  SOTTO_ASSIGN_OR_RETURN(std::optional<RunReceipt> receipt, BeginReceipt(job));
  RunDigests files;
  SOTTO_ASSIGN_OR_RETURN(std::vector<Prompt> prompts,
                         GatherPrompts(job, receipt.has_value() ? &files.input_sha256 : nullptr));
  const Stopwatch loading;
  std::optional<StatusLine> loading_line(std::in_place, job.progress, LoadingLine);
  absl::StatusOr<Model> model = Model::Open(job.model_path, job.model);
  SOTTO_RETURN_IF_ERROR(InFlagTerms(model.status()));
  SayModel(job, model->info(), job.encoding.bos);
  SOTTO_RETURN_IF_ERROR(CheckHead(model->info(), LineTask::kScore));
  SOTTO_ASSIGN_OR_RETURN(const RunInputs inputs, PrepareInputs(job, *model, std::move(prompts)));
  WarnOfPrompts(job, inputs);
  SayRows(job, inputs.rows);
  SOTTO_ASSIGN_OR_RETURN(PrefillOutputs outputs,
                         PrefillOutputs::Create(job, inputs.shape, inputs.rows));
  absl::StatusOr<Prefill> created = Prefill::Create(*model, WithRoomFor(inputs.rows, job.prefill));
  SOTTO_RETURN_IF_ERROR(InFlagTerms(created.status()));
  std::optional<Prefill> prefill(*std::move(created));
  SayPrecision(*prefill);
  loading_line.reset();
  const double load_seconds = loading.seconds() - inputs.tokenize_seconds;
  SOTTO_ASSIGN_OR_RETURN(Outcome outcome, RunPasses(job, *model, inputs, *prefill, outputs));
  SayRelay(outcome.run);
  const PrecisionReport precision = prefill->precision();
  prefill.reset();  // Its threads and memory go before weights are hashed.
  PrefillReport report{
      .options = job,
      .prompts = inputs.prompts,
      .rows = inputs.rows,
      .logits = inputs.shape,
      .model = model->info(),
      .precision = precision,
      .timings = {.load_seconds = load_seconds, .tokenize_seconds = inputs.tokenize_seconds},
      .run = std::move(outcome.run),
      .perplexity = std::move(outcome.perplexity)};
  // After the work where nothing was pinned, so that the first logits do not wait for it. A cache
  // does not prove what it was made of.
  if (job.prefill.weight_cache_dir.empty()) {
    SOTTO_ASSIGN_OR_RETURN(report.digests, model->Digests());
  }
  const std::string result = ResultText(report);
  SOTTO_RETURN_IF_ERROR(outputs.Commit(result));
  if (receipt.has_value()) {
    files.output_sha256 = Sha256Hex(result);
    SOTTO_RETURN_IF_ERROR(receipt->Finish(FactsOf(report, files)));
  }
  SayWhatWasDone(job, inputs.rows, report.forward_seconds(), precision.linear);
  return absl::OkStatus();
}

}  // namespace sotto
