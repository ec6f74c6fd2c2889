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

}  // namespace

BatchRunner::BatchRunner(const BatchInputs& inputs, PrefillBackend& backend,
                         PrefillOutputs& outputs)
    : inputs_(inputs),
      backend_(backend),
      outputs_(outputs),
      retries_(inputs.options.retries, LongestWait(inputs.options), DrawUniform),
      logprobs_(inputs.prompts, inputs.rows, inputs.tokenizer, outputs),
      scores_(inputs.rows, logprobs_,
              {.padded = inputs.options.pad_compute, .wants_logprobs = outputs.wants_logprobs()}) {}

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
    // An accelerator that is connected already sees how long this takes.
    const auto ids = inputs_.options.pad_compute ? std::vector<std::vector<int32_t>>()
                                                 : IdsOf(rows, inputs_.rows.ids);
    work.push_back(WorkOf(inputs_.config, engine_options(), ids, run_options()));
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
  size_t tokens_to_do = 0, tokens_done = 0;
  for (const BatchTiming& batch : batches_) tokens_to_do += TokensOf(batch.rows);
  Progress progress(inputs_.options.progress, tokens_to_do);
  const Stopwatch stopwatch;
  for (size_t i = 0; i < batches_.size(); ++i) {
    const BatchStart start{tokens_done, forecast.Of(i)};
    SOTTO_RETURN_IF_ERROR(RunBatchWithRetries(batches_[i], start, progress));
    forecast.Observe(i, batches_[i].seconds);
    tokens_done += TokensOf(batches_[i].rows);
  }
  prefill_seconds_ = stopwatch.seconds();
  mode_detail_ = backend_.Detail(totals_);
  engine_.reset();
  backend_.Close();
  return scores_.Finish();
}

size_t BatchRunner::TokensOf(const BatchMembers& rows) const {
  if (inputs_.options.pad_compute) return rows.size() * inputs_.options.prefill_length;
  return std::accumulate(rows.begin(), rows.end(), size_t{0}, [this](size_t sum, size_t row) {
    return sum + inputs_.rows.ids[row].size();
  });
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
  const bool all = options.logits == LogitsMode::kAll;
  const size_t padded_length = options.pad_compute ? options.prefill_length : 0;
  BatchLogits logits(
      inputs_.rows, batch.rows,
      {.mode = options.logits, .padded_length = padded_length, .file = outputs_.logits()});
  const auto sink = [&](size_t prompt, size_t position, ConstMatrixView<float> rows) {
    logits.Take(prompt, position, rows);
    progress.Add(all ? rows.rows() : TokensOf({batch.rows[prompt]}));
  };
  const Stopwatch stopwatch;
  const double cpu_before = ProcessCpuSeconds();
  SOTTO_RETURN_IF_ERROR(engine_->Run(IdsOf(batch.rows, inputs_.rows.ids), run_options(), sink));
  batch.seconds = stopwatch.seconds();
  totals_.cpu_seconds += ProcessCpuSeconds() - cpu_before;
  totals_.tokens += TokensOf(batch.rows);
  SOTTO_RETURN_IF_ERROR(CheckFinite(logits.FirstNotFinite()));
  if (outputs_.logits() != nullptr) SOTTO_RETURN_IF_ERROR(outputs_.logits()->status());
  return all ? scores_.Keep(batch.rows, logits.TakeScores()) : absl::OkStatus();
}

absl::Status BatchRunner::CheckFinite(const std::optional<BatchLogits::Place>& not_finite) const {
  if (!not_finite.has_value()) return absl::OkStatus();
  const Prompt& prompt = inputs_.prompts[not_finite->row % inputs_.rows.prompt_count];
  return absl::FailedPreconditionError(StrCat(prompt.source, ": the logits of position ",
                                              not_finite->position,
                                              " are not finite: the model overflows in precision ",
                                              PrecisionName(inputs_.options.precision.linear)));
}

}  // namespace sotto
