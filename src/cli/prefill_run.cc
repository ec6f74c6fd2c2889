#include "cli/prefill_run.h"

#include <chrono>
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
#include "cli/logprobs_file.h"
#include "cli/memory_needed.h"
#include "cli/prefill_outputs.h"
#include "cli/prefill_result.h"
#include "cli/prompt_file.h"
#include "cli/token_scores.h"
#include "enclave/tee/platform.h"
#include "enclave/tokenizer/tokenizer.h"
#include "model/checkpoint.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr char kTokenizerName[] = "tokenizer.json";
constexpr size_t kMaxTokenizerBytes = size_t{1} << 30;

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

absl::StatusOr<std::vector<Prompt>> GatherPrompts(const PrefillOptions& options) {
  if (!options.prompts_path.empty()) return ReadPromptFile(options.prompts_path);
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
  if (!checkpoint.HasFile(kTokenizerName)) return nullptr;
  SOTTO_ASSIGN_OR_RETURN(const std::string json,
                         checkpoint.ReadText(kTokenizerName, kMaxTokenizerBytes));
  SOTTO_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::Parse(json, StrCat(checkpoint.directory(),
                                                                            "/", kTokenizerName)));
  return std::make_unique<Tokenizer>(std::move(tokenizer));
}

// The last part of the path: what Hugging Face calls the model.
std::string ModelName(const std::string& model_dir) {
  std::error_code error;
  const fs::path canonical = fs::canonical(model_dir, error);
  return (canonical.has_filename() ? canonical : canonical.parent_path()).filename().string();
}

// Everything a run has, from the checked inputs to what came of them.
struct Run {
  const PrefillOptions& options;
  std::vector<Prompt> prompts = {};
  std::unique_ptr<Tokenizer> tokenizer = nullptr;
  BatchRows rows = {};
  LogitsShape shape = {};
  std::vector<std::optional<double>> perplexity = {};
  Timings timings = {};
};

absl::Status PrepareRows(const Checkpoint& checkpoint, Run& run) {
  const LlamaConfig& config = checkpoint.config();
  SOTTO_RETURN_IF_ERROR(CheckLength(run.options, config));
  SOTTO_ASSIGN_OR_RETURN(run.tokenizer, LoadTokenizer(checkpoint));
  const Stopwatch stopwatch;
  SOTTO_ASSIGN_OR_RETURN(run.rows, MakeBatchRows(run.prompts, run.tokenizer.get(),
                                                 {.prefill_length = run.options.prefill_length,
                                                  .batch_size = run.options.batch_size,
                                                  .vocab_size = config.vocab_size}));
  run.timings.tokenize_seconds = stopwatch.seconds();
  run.perplexity.resize(run.prompts.size());
  run.shape = {.mode = run.options.logits,
               .rows = run.rows.ids.size(),
               .prefill_length = run.options.prefill_length,
               .vocab_size = config.vocab_size};
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Engine>> LoadEngine(const Checkpoint& checkpoint, const Run& run,
                                                   ThreadPool& pool) {
  const EngineOptions options{.threads = run.options.threads,
                              .batch_size = run.options.batch_size,
                              .prefill_length = run.rows.longest()};
  SOTTO_RETURN_IF_ERROR(CheckLocalRunFits(checkpoint, run.options.precision, options));
  SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<Linear> linear,
                         MakeLocalLinear(checkpoint,
                                         {.precision = run.options.precision,
                                          .weight_cache_dir = run.options.weight_cache_dir},
                                         pool));
  return Engine::Create(checkpoint, std::move(linear), options);
}

// Runs rows [first, first + count) and hands their logits to the files and the scores.
absl::Status RunBatch(Engine& engine, size_t first, size_t count, Progress& progress, Run& run,
                      PrefillOutputs& outputs) {
  const std::span batch = std::span(run.rows.ids).subspan(first, count);
  const bool all = run.options.logits == LogitsMode::kAll;
  std::vector<TokenScores> scores;
  for (const std::vector<int32_t>& ids : batch) scores.emplace_back(ids.size());
  const auto sink = [&](size_t prompt, size_t position, ConstMatrixView<float> logits) {
    // Rows that only fill the batch repeat what others have said.
    if (all && first + prompt < run.rows.prompt_count) {
      ScorePositions(batch[prompt], position, logits, scores[prompt]);
    }
    if (outputs.logits() != nullptr) outputs.logits()->Write(first + prompt, position, logits);
    progress.Add(all ? logits.rows() : batch[prompt].size());
  };
  const Stopwatch stopwatch;
  SOTTO_RETURN_IF_ERROR(engine.Run(batch, {.logits = run.options.logits}, sink));
  run.timings.batch_seconds.push_back(stopwatch.seconds());
  if (outputs.logits() != nullptr) SOTTO_RETURN_IF_ERROR(outputs.logits()->status());
  if (!all) return absl::OkStatus();
  for (size_t row = first; row < std::min(first + count, run.rows.prompt_count); ++row) {
    run.perplexity[row] = Perplexity(scores[row - first]);
    if (!outputs.wants_logprobs()) continue;
    SOTTO_ASSIGN_OR_RETURN(const std::string line,
                           LogprobsLine(row, run.prompts[row].id, run.rows.ids[row],
                                        run.tokenizer.get(), scores[row - first]));
    SOTTO_RETURN_IF_ERROR(outputs.AppendLogprobs(line));
  }
  return absl::OkStatus();
}

absl::Status RunBatches(Engine& engine, Run& run, PrefillOutputs& outputs) {
  Progress progress(run.options.progress, run.rows.real_tokens());
  const Stopwatch stopwatch;
  const size_t rows = run.rows.ids.size();
  for (size_t first = 0; first < rows; first += run.options.batch_size) {
    const size_t count = std::min(run.options.batch_size, rows - first);
    SOTTO_RETURN_IF_ERROR(RunBatch(engine, first, count, progress, run, outputs));
  }
  run.timings.prefill_seconds = stopwatch.seconds();
  return absl::OkStatus();
}

// Nobody should take an ordinary process for a protected one.
void SayWhereThisRuns() {
  const PlatformReport report = DetectPlatform();
  const bool expected = ProtectsFromHost(report.platform);
  Log(expected ? LogLevel::kInfo : LogLevel::kWarning, DescribePlatform(report));
}

}  // namespace

absl::Status RunPrefill(const PrefillOptions& options) {
  Run run{.options = options};
  SOTTO_ASSIGN_OR_RETURN(run.prompts, GatherPrompts(options));
  const Stopwatch loading;
  ThreadPool pool(options.threads);
  SOTTO_ASSIGN_OR_RETURN(const Checkpoint checkpoint,
                         OpenModel(options.model_dir, options.unseal, pool));
  SOTTO_RETURN_IF_ERROR(PrepareRows(checkpoint, run));
  SOTTO_ASSIGN_OR_RETURN(PrefillOutputs outputs,
                         PrefillOutputs::Create(options, run.shape, run.rows));
  SOTTO_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine, LoadEngine(checkpoint, run, pool));
  run.timings.load_seconds = loading.seconds() - run.timings.tokenize_seconds;
  SOTTO_RETURN_IF_ERROR(RunBatches(*engine, run, outputs));
  // After the work, so that the first logits do not wait for it.
  SOTTO_ASSIGN_OR_RETURN(std::string weights_sha256, checkpoint.WeightsSha256(pool));
  const PrefillReport report{.options = options,
                             .prompts = run.prompts,
                             .rows = run.rows,
                             .logits = run.shape,
                             .model = {.name = ModelName(options.model_dir),
                                       .parameters = checkpoint.parameter_count(),
                                       .weights_sha256 = std::move(weights_sha256)},
                             .timings = run.timings,
                             .perplexity = run.perplexity};
  SOTTO_RETURN_IF_ERROR(outputs.Commit(ResultJson(report).dump(2) + "\n"));
  SayWhereThisRuns();
  return absl::OkStatus();
}

}  // namespace sotto
