#include "trusted/api/pass_runner.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/stopwatch.h"
#include "base/strings.h"
#include "trusted/tee/resources.h"

namespace sotto {
namespace {

// Positions of each prompt where padding comes as well.
size_t PaddedLength(const PassRunner::Set& set) {
  return set.pad_compute ? set.host.options().prefill_length : 0;
}

}  // namespace

PassRunner::PassRunner(const Set& set, TokenPrompts prompts, size_t real,
                       const PassRequest& request, const RunControl& control)
    : set_(set),
      prompts_(prompts),
      real_(real),
      request_(request),
      control_(control),
      scores_(prompts, real,
              {.padded = set.pad_compute,
               .keep_tokens = request.score != nullptr && request.score->keep_tokens,
               .first_tokens = request.score != nullptr ? std::span(request.score->first_tokens)
                                                        : std::span<const size_t>()},
              request.scores) {}

RunOptions PassRunner::run_options() const {
  return {.logits = request_.logits,
          .pad_compute = set_.pad_compute,
          .owners = set_.pad_compute ? std::span<const size_t>() : std::span(control_.owners),
          .hidden_states = request_.hidden_states,
          .stop = control_.stop,
          .pause = set_.pause};
}

std::string PassRunner::NameOf(size_t prompt) const {
  const size_t number = prompt % real_;
  return number < control_.names.size() ? control_.names[number] : StrCat("prompt ", number);
}

std::vector<size_t> PassRunner::ColumnsOf(const BatchMembers& members) const {
  std::vector<size_t> columns;
  if (request_.columns == nullptr) return columns;
  for (const size_t prompt : members) {
    const std::vector<int32_t>& ids = (*request_.columns)[prompt];
    columns.insert(columns.end(), ids.begin(), ids.end());
  }
  std::ranges::sort(columns);
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return columns;
}

BatchForecast PassRunner::PlanBatches() {
  RunOptions planned = run_options();
  // Estimates need no more than this, and positions are the whole run's.
  if (request_.positions != nullptr) planned.logits = LogitsMode::kLast;
  const EngineOptions& engine = set_.host.options();
  std::vector<BatchWork> work;
  for (BatchMembers& members : OrderBatches(set_.config, engine, planned, prompts_)) {
    // An accelerator that is connected already sees how long this takes.
    const auto ids =
        set_.pad_compute ? std::vector<std::vector<int32_t>>() : IdsOf(members, prompts_);
    const std::vector<size_t> owners = OwnersOf(members, planned.owners);
    RunOptions of_batch = planned;
    of_batch.owners = owners;
    work.push_back(WorkOf(set_.config, engine, ids, of_batch));
    batches_.push_back({.prompts = std::move(members)});
  }
  return BatchForecast(set_.config, engine, planned, std::move(work));
}

absl::StatusOr<RunReport> PassRunner::Run() {
  SOTTO_RETURN_IF_ERROR(set_.host.EnsureLoaded());
  BatchForecast forecast = PlanBatches();
  if (request_.calibrate) SOTTO_RETURN_IF_ERROR(forecast.Calibrate(set_.host.engine()));
  RunReport report{.calibration_seconds = forecast.calibration_seconds()};
  size_t tokens_to_do = 0, tokens_done = 0;
  for (const BatchReport& batch : batches_) tokens_to_do += TokensOf(batch.prompts);
  ProgressMeter progress(tokens_to_do, control_.progress);
  const Stopwatch stopwatch;
  for (size_t i = 0; i < batches_.size(); ++i) {
    const BatchStart start{tokens_done, forecast.Of(i)};
    SOTTO_RETURN_IF_ERROR(RunBatchWithRetries(batches_[i], start, progress));
    forecast.Observe(i, batches_[i].seconds);
    tokens_done += TokensOf(batches_[i].prompts);
  }
  report.seconds = stopwatch.seconds();
  report.split = set_.host.Report();
  if (report.split.has_value()) report.split->exchanges_of_run = exchanges_;
  if (request_.last_run) set_.host.Drop();
  SOTTO_RETURN_IF_ERROR(scores_.Finish());
  report.batches = std::move(batches_);
  return report;
}

size_t PassRunner::TokensOf(const BatchMembers& members) const {
  if (set_.pad_compute) return members.size() * set_.host.options().prefill_length;
  return std::accumulate(members.begin(), members.end(), size_t{0},
                         [this](size_t sum, size_t row) { return sum + prompts_[row].size(); });
}

absl::Status PassRunner::RunBatchWithRetries(BatchReport& batch, const BatchStart& start,
                                             ProgressMeter& progress) {
  if (start.forecast.has_value()) batch.predicted_seconds = start.forecast->batch_seconds;
  while (true) {
    progress.BeginBatch(start);
    absl::Status status = RunBatch(batch, progress);
    if (status.ok()) set_.host.Succeeded();
    if (status.ok() || !set_.host.TryAgain(status)) return status;
    SOTTO_RETURN_IF_ERROR(set_.host.Load());
  }
}

absl::Status PassRunner::RunBatch(BatchReport& batch, ProgressMeter& progress) {
  const bool last = request_.logits == LogitsMode::kLast;
  const std::vector<size_t> columns = ColumnsOf(batch.prompts);
  BatchOutputs outputs(prompts_, batch.prompts,
                       {.mode = request_.logits,
                        .padded_length = PaddedLength(set_),
                        .columns = columns,
                        .score = request_.score != nullptr,
                        .top_k = request_.score != nullptr ? request_.score->top_k : 0,
                        .ranks = request_.score != nullptr && request_.score->ranks,
                        .consumer = request_.rows});
  const auto sink = [&](size_t prompt, size_t position, ConstMatrixView<float> rows) {
    outputs.Take(prompt, position, rows);
    progress.Add(last ? TokensOf({batch.prompts[prompt]}) : rows.rows());
  };
  RunOptions options = run_options();
  const std::vector<size_t> owners = OwnersOf(batch.prompts, options.owners);
  options.owners = owners;
  std::vector<std::vector<size_t>> positions;
  if (request_.positions != nullptr) {
    for (const size_t prompt : batch.prompts) positions.push_back((*request_.positions)[prompt]);
    options.positions = &positions;
    options.columns = columns;
  }
  if (request_.batch_begins) request_.batch_begins(batch.prompts);
  const Stopwatch stopwatch;
  const double cpu_before = ProcessCpuSeconds();
  const uint64_t exchanges_before = ExchangesSoFar();
  SOTTO_RETURN_IF_ERROR(set_.host.engine().Run(IdsOf(batch.prompts, prompts_), options, sink));
  batch.seconds = stopwatch.seconds();
  exchanges_ += ExchangesSoFar() - exchanges_before;
  set_.host.Count(
      {.tokens = TokensOf(batch.prompts), .cpu_seconds = ProcessCpuSeconds() - cpu_before});
  SOTTO_RETURN_IF_ERROR(CheckFinite(outputs.FirstNotFinite()));
  if (request_.batch_done) SOTTO_RETURN_IF_ERROR(request_.batch_done(batch.prompts));
  return request_.score != nullptr ? scores_.Keep(batch.prompts, outputs.TakeScores())
                                   : absl::OkStatus();
}

uint64_t PassRunner::ExchangesSoFar() const {
  const std::optional<SplitReport> split = set_.host.Report();
  return split.has_value() ? split->exchanges : 0;
}

absl::Status PassRunner::CheckFinite(const std::optional<BatchOutputs::Place>& not_finite) const {
  if (!not_finite.has_value()) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat(
      NameOf(not_finite->prompt), request_.hidden_states ? ": the hidden state" : ": the logits",
      " of position ", not_finite->position, request_.hidden_states ? " is" : " are",
      " not finite: the model overflows in precision ", set_.precision_name));
}

}  // namespace sotto
