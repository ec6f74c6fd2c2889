// The forward passes of `sotto prefill`: batch after batch, logits handed to the files and scores.
// TRUSTED.
#ifndef SOTTO_CLI_BATCH_RUNNER_H_
#define SOTTO_CLI_BATCH_RUNNER_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "cli/batch_forecast.h"
#include "cli/batch_logits.h"
#include "cli/batch_rows.h"
#include "cli/logprobs_queue.h"
#include "cli/prefill_backend.h"
#include "cli/prefill_options.h"
#include "cli/prefill_outputs.h"
#include "cli/progress.h"
#include "cli/prompt_file.h"
#include "cli/retry_schedule.h"
#include "cli/score_keeper.h"
#include "enclave/prefill/engine.h"
#include "enclave/tokenizer/tokenizer.h"

namespace sotto {

// What a run reads; all of it outlives the BatchRunner.
struct BatchInputs {
  const LlamaConfig& config;
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
  // Runs all batches, with the members and in the order of OrderBatches(); what comes out is in the
  // prompts' order. A batch that ends UNAVAILABLE is repeated from its start over a new connection,
  // options.retries times in all; any other error ends the run. FAILED_PRECONDITION, naming prompt
  // and position, where logits are not finite: the model overflows in this precision. Closes the
  // backend before it does anything that takes longer for longer prompts.
  absl::Status RunAll();

  // In the order they ran.
  const std::vector<BatchTiming>& batches() const { return batches_; }
  // Before them; none where the first batch taught the cost model.
  std::optional<double> calibration_seconds() const { return calibration_seconds_; }
  double prefill_seconds() const { return prefill_seconds_; }
  const std::vector<std::optional<double>>& perplexity() const { return scores_.perplexity(); }
  // The backend's, since the last connection.
  const nlohmann::ordered_json& mode_detail() const { return mode_detail_; }

 private:
  EngineOptions engine_options() const;
  RunOptions run_options() const;
  // Positions that these rows come to, padding included where it is computed.
  size_t TokensOf(const BatchMembers& rows) const;
  // The order of batches_, and how long each should take.
  BatchForecast PlanBatches();
  absl::Status RunBatchWithRetries(BatchTiming& batch, const BatchStart& start, Progress& progress);
  absl::Status RunBatch(BatchTiming& batch, Progress& progress);
  // OK, or the error for what BatchLogits::FirstNotFinite() has found.
  absl::Status CheckFinite(const std::optional<BatchLogits::Place>& not_finite) const;
  // Whether a failure with `status` is followed by another attempt; waits before it.
  bool TryAgain(const absl::Status& status);

  const BatchInputs inputs_;
  PrefillBackend& backend_;
  PrefillOutputs& outputs_;
  RetrySchedule retries_;
  std::unique_ptr<Engine> engine_;
  std::vector<BatchTiming> batches_;
  std::optional<double> calibration_seconds_;
  double prefill_seconds_ = 0;
  LogprobsQueue logprobs_;
  ScoreKeeper scores_;
  PassTotals totals_;  // Since the last connection.
  nlohmann::ordered_json mode_detail_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_BATCH_RUNNER_H_
