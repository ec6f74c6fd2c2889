#include "cli/batch_runner.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/strings.h"
#include "cli/logprobs_file.h"
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
      perplexity_(inputs.prompts.size()) {}

bool BatchRunner::TryAgain(const absl::Status& status) {
  if (!absl::IsUnavailable(status) || retries_left_ == 0) return false;
  --retries_left_;
  Log(LogLevel::kWarning, StrCat(ToStd(status.message()), "; trying again"));
  std::this_thread::sleep_for(kBeforeRetry);
  return true;
}

absl::Status BatchRunner::Load() {
  const PrefillOptions& options = inputs_.options;
  engine_.reset();  // Before its successor takes as much memory again.
  totals_ = {};
  // Padding that is not computed needs no room.
  const size_t length = options.pad_compute ? options.prefill_length : inputs_.rows.longest();
  while (true) {
    absl::StatusOr<std::unique_ptr<Engine>> engine =
        backend_.MakeEngine({.threads = options.threads,
                             .batch_size = options.batch_size,
                             .prefill_length = length,
                             .oblivious_embedding = options.oblivious_embedding});
    if (!engine.ok() && TryAgain(engine.status())) continue;
    SOTTO_ASSIGN_OR_RETURN(engine_, std::move(engine));
    return absl::OkStatus();
  }
}

absl::Status BatchRunner::RunAll() {
  Progress progress(inputs_.options.progress, inputs_.rows.real_tokens());
  const Stopwatch stopwatch;
  const size_t rows = inputs_.rows.ids.size(), batch_size = inputs_.options.batch_size;
  for (size_t first = 0; first < rows; first += batch_size) {
    SOTTO_RETURN_IF_ERROR(RunBatchWithRetries(first, std::min(batch_size, rows - first), progress));
  }
  prefill_seconds_ = stopwatch.seconds();
  return absl::OkStatus();
}

absl::Status BatchRunner::RunBatchWithRetries(size_t first, size_t count, Progress& progress) {
  const size_t tokens_before = TokenCount(std::span(inputs_.rows.ids).first(first));
  while (true) {
    progress.Set(tokens_before);
    const absl::Status status = RunBatch(first, count, progress);
    if (status.ok() || !TryAgain(status)) return status;
    SOTTO_RETURN_IF_ERROR(Load());
  }
}

absl::Status BatchRunner::RunBatch(size_t first, size_t count, Progress& progress) {
  const PrefillOptions& options = inputs_.options;
  const std::span batch = std::span(inputs_.rows.ids).subspan(first, count);
  const bool all = options.logits == LogitsMode::kAll;
  std::vector<TokenScores> scores;
  for (const std::vector<int32_t>& ids : batch) scores.emplace_back(ids.size());
  const auto sink = [&](size_t prompt, size_t position, ConstMatrixView<float> logits) {
    // Rows that only fill the batch repeat what others have said.
    if (all && first + prompt < inputs_.rows.prompt_count) {
      ScorePositions(batch[prompt], position, logits, scores[prompt]);
    }
    if (outputs_.logits() != nullptr) outputs_.logits()->Write(first + prompt, position, logits);
    progress.Add(all ? logits.rows() : batch[prompt].size());
  };
  const Stopwatch stopwatch;
  const double cpu_before = ProcessCpuSeconds();
  SOTTO_RETURN_IF_ERROR(
      engine_->Run(batch, {.logits = options.logits, .pad_compute = options.pad_compute}, sink));
  batch_seconds_.push_back(stopwatch.seconds());
  totals_.cpu_seconds += ProcessCpuSeconds() - cpu_before;
  totals_.tokens +=
      options.pad_compute ? options.batch_size * options.prefill_length : TokenCount(batch);
  if (outputs_.logits() != nullptr) SOTTO_RETURN_IF_ERROR(outputs_.logits()->status());
  return all ? Score(first, count, scores) : absl::OkStatus();
}

absl::Status BatchRunner::Score(size_t first, size_t count, std::span<const TokenScores> scores) {
  const size_t end = std::min(first + count, inputs_.rows.prompt_count);
  for (size_t row = first; row < end; ++row) {
    perplexity_[row] = Perplexity(scores[row - first]);
    if (!outputs_.wants_logprobs()) continue;
    SOTTO_ASSIGN_OR_RETURN(const std::string line,
                           LogprobsLine(row, inputs_.prompts[row].id, inputs_.rows.ids[row],
                                        inputs_.tokenizer, scores[row - first]));
    SOTTO_RETURN_IF_ERROR(outputs_.AppendLogprobs(line));
  }
  return absl::OkStatus();
}

}  // namespace sotto
