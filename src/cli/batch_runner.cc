#include "cli/batch_runner.h"

#include <array>
#include <bit>
#include <chrono>
#include <numeric>
#include <string>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "cli/process_info.h"
#include "cli/stopwatch.h"
#include "enclave/blinding/drbg.h"

namespace sotto {
namespace {

// Of [0, 1), for the clients of one server not to come back all at once.
double DrawUniform() {
  std::array<uint8_t, sizeof(uint32_t)> bytes{};
  ProcessDrbg().Generate(bytes);
  return std::bit_cast<uint32_t>(bytes) / 4294967296.0;
}

std::chrono::milliseconds LongestWait(const PrefillOptions& options) {
  return options.split.has_value() ? options.split->exchange_timeout : std::chrono::milliseconds(0);
}

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
      retries_(inputs.options.retries, LongestWait(inputs.options), DrawUniform),
      perplexity_(inputs.prompts.size()),
      logprobs_(inputs.prompts, inputs.rows, inputs.tokenizer, outputs) {}

bool BatchRunner::TryAgain(const absl::Status& status) {
  if (!MayPass(status)) return false;
  const std::optional<RetrySchedule::Retry> retry = retries_.Next();
  if (!retry) return false;
  Log(LogLevel::kWarning, StrCat(ToStd(status.message()), "; ", retry->ToString()));
  std::this_thread::sleep_for(retry->wait);
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
    if (status.ok()) retries_.Restart();
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
