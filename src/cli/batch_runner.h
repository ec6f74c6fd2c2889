// The forward passes of `sotto prefill`: batch after batch, logits handed to the files and scores.
// TRUSTED.
#ifndef SOTTO_CLI_BATCH_RUNNER_H_
#define SOTTO_CLI_BATCH_RUNNER_H_

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "cli/batch_rows.h"
#include "cli/prefill_backend.h"
#include "cli/prefill_options.h"
#include "cli/prefill_outputs.h"
#include "cli/prompt_file.h"
#include "cli/token_scores.h"
#include "enclave/prefill/engine.h"
#include "enclave/tokenizer/tokenizer.h"

namespace sotto {

// What a run reads; all of it outlives the BatchRunner.
struct BatchInputs {
  const PrefillOptions& options;
  std::span<const Prompt> prompts;
  const Tokenizer* tokenizer = nullptr;  // For token strings; may be null.
  const BatchRows& rows;
};

class BatchRunner {
 public:
  BatchRunner(const BatchInputs& inputs, PrefillBackend& backend, PrefillOutputs& outputs);

  // Makes the engine: loads weights, connects. Tries again as RunAll() does.
  absl::Status Load();
  // Runs all batches. A batch that ends UNAVAILABLE is repeated from its start over a new
  // connection, options.retries times in all; any other error ends the run.
  absl::Status RunAll();

  const std::vector<double>& batch_seconds() const { return batch_seconds_; }
  double prefill_seconds() const { return prefill_seconds_; }
  const std::vector<std::optional<double>>& perplexity() const { return perplexity_; }
  // Since the last connection.
  const PassTotals& totals() const { return totals_; }

 private:
  absl::Status RunBatchWithRetries(size_t first, size_t count, Progress& progress);
  absl::Status RunBatch(size_t first, size_t count, Progress& progress);
  absl::Status Score(size_t first, size_t count, std::span<const TokenScores> scores);
  // Whether a failure with `status` is followed by another attempt; waits before it.
  bool TryAgain(const absl::Status& status);

  const BatchInputs inputs_;
  PrefillBackend& backend_;
  PrefillOutputs& outputs_;
  int retries_left_ = 0;
  std::unique_ptr<Engine> engine_;
  std::vector<double> batch_seconds_;
  double prefill_seconds_ = 0;
  std::vector<std::optional<double>> perplexity_;
  PassTotals totals_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_BATCH_RUNNER_H_
