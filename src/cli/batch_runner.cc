#include "cli/batch_runner.h"

#include <chrono>
#include <numeric>
#include <string>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "cli/process_info.h"
#include "cli/stopwatch.h"

namespace sotto {
namespace {

constexpr std::chrono::seconds kBeforeRetry{1};

size_t TokenCount(std::span<const std::vector<int32_t>> rows) {
  return std::accumulate(rows.begin(), rows.end(), size_t{0},
                         [](size_t sum, const auto& ids) { return sum + ids.size(); });
}

}  // namespace

BatchRunner::BatchRunner(const BatchInputs& inputs, PrefillBackend& backend,
                         PrefillOutputs& outputs)
    : inputs_(inputs),
      backend_(backend),
      outputs_(outputs),
      retries_left_(inputs.options.retries),
      perplexity_(inputs.prompts.size()),
      logprobs_(inputs.prompts, inputs.rows, inputs.tokenizer, outputs) {}

bool BatchRunner::TryAgain(const absl::Status& status) {
  if (!absl::IsUnavailable(status) || retries_left_ == 0) return false;
  --retries_left_;
  Log(LogLevel::kWarning, StrCat(ToStd(status.message()), "; trying again"));
  std::this_thread::sleep_for(kBeforeRetry);
  return true;
}

EngineOptions BatchRunner::engine_options() const {
  const PrefillOptions& options = inputs_.options;
  return {.threads = options.threads,
          .batch_size = options.batch_size,
          // Padding that is not computed needs no room.
          .prefill_length = options.pad_compute ? options.prefill_length : inputs_.rows.longest(),
          .oblivious_embedding = options.oblivious_embedding};
}

RunOptions BatchRunner::run_options() const {
  return {.logits = inputs_.options.logits, .pad_compute = inputs_.options.pad_compute};
}

absl::Status BatchRunner::Load() {
  engine_.reset();  // Before its successor takes as much memory again.
  totals_ = {};
  while (true) {
    absl::StatusOr<std::unique_ptr<Engine>> engine = backend_.MakeEngine(engine_options());
    if (!engine.ok() && TryAgain(engine.status())) continue;
    SOTTO_ASSIGN_OR_RETURN(engine_, std::move(engine));
    return absl::OkStatus();
  }
}

BatchForecast BatchRunner::PlanBatches() {
  std::vector<BatchWork> work;
  for (BatchMembers& rows :
       OrderBatches(inputs_.config, engine_options(), run_options(), inputs_.rows.ids)) {
    work.push_back(
        WorkOf(inputs_.config, engine_options(), IdsOf(rows, inputs_.rows.ids), run_options()));
    batches_.push_back({.rows = std::move(rows)});
  }
  return BatchForecast(inputs_.config, engine_options(), run_options(), std::move(work));
}

absl::Status BatchRunner::RunAll() {
  BatchForecast forecast = PlanBatches();
  // Split, batches are all alike, and made-up ones would use up pads and traffic.
  if (!inputs_.options.split.has_value()) {
    SOTTO_RETURN_IF_ERROR(forecast.Calibrate(*engine_));
  }
  calibration_seconds_ = forecast.calibration_seconds();
  Progress progress(inputs_.options.progress, inputs_.rows.real_tokens());
  const Stopwatch stopwatch;
  size_t tokens_done = 0;
  for (size_t i = 0; i < batches_.size(); ++i) {
    const BatchStart start{tokens_done, forecast.Of(i)};
    SOTTO_RETURN_IF_ERROR(RunBatchWithRetries(batches_[i], start, progress));
    forecast.Observe(i, batches_[i].seconds);
    for (const size_t row : batches_[i].rows) tokens_done += inputs_.rows.ids[row].size();
  }
  prefill_seconds_ = stopwatch.seconds();
  return absl::OkStatus();
}

absl::Status BatchRunner::RunBatchWithRetries(BatchTiming& batch, const BatchStart& start,
                                              Progress& progress) {
  if (start.forecast.has_value()) batch.predicted_seconds = start.forecast->batch_seconds;
  while (true) {
    progress.BeginBatch(start);
    absl::Status status = RunBatch(batch, progress);
    if (status.ok() || !TryAgain(status)) return status;
    SOTTO_RETURN_IF_ERROR(Load());
  }
}

absl::Status BatchRunner::RunBatch(BatchTiming& batch, Progress& progress) {
  const PrefillOptions& options = inputs_.options;
  const std::vector<std::vector<int32_t>> ids = IdsOf(batch.rows, inputs_.rows.ids);
  const bool all = options.logits == LogitsMode::kAll;
  std::vector<TokenScores> scores;
  scores.reserve(ids.size());
  for (const std::vector<int32_t>& row : ids) scores.emplace_back(row.size());
  const auto sink = [&](size_t prompt, size_t position, ConstMatrixView<float> logits) {
    const size_t row = batch.rows[prompt];
    // Rows that only fill the batch repeat what others have said.
    if (all && row < inputs_.rows.prompt_count) {
      ScorePositions(ids[prompt], position, logits, scores[prompt]);
    }
    if (outputs_.logits() != nullptr) outputs_.logits()->Write(row, position, logits);
    progress.Add(all ? logits.rows() : ids[prompt].size());
  };
  const Stopwatch stopwatch;
  const double cpu_before = ProcessCpuSeconds();
  SOTTO_RETURN_IF_ERROR(engine_->Run(ids, run_options(), sink));
  batch.seconds = stopwatch.seconds();
  totals_.cpu_seconds += ProcessCpuSeconds() - cpu_before;
  totals_.tokens +=
      options.pad_compute ? options.batch_size * options.prefill_length : TokenCount(ids);
  if (outputs_.logits() != nullptr) SOTTO_RETURN_IF_ERROR(outputs_.logits()->status());
  return all ? KeepScores(batch.rows, std::move(scores)) : absl::OkStatus();
}

absl::Status BatchRunner::KeepScores(const BatchMembers& rows, std::vector<TokenScores> scores) {
  for (size_t i = 0; i < rows.size() && rows[i] < inputs_.rows.prompt_count; ++i) {
    perplexity_[rows[i]] = Perplexity(scores[i]);
    SOTTO_RETURN_IF_ERROR(logprobs_.Add(rows[i], std::move(scores[i])));
  }
  return absl::OkStatus();
}

}  // namespace sotto
