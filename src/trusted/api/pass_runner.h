// The forward passes of one run: batch after batch, what comes out handed on. TRUSTED.
#ifndef SOTTO_TRUSTED_API_PASS_RUNNER_H_
#define SOTTO_TRUSTED_API_PASS_RUNNER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/config.h"
#include "sotto/prefill.h"
#include "trusted/api/batch_forecast.h"
#include "trusted/api/batch_outputs.h"
#include "trusted/api/engine_host.h"
#include "trusted/api/progress_meter.h"
#include "trusted/api/score_keeper.h"
#include "trusted/engine/engine.h"

namespace sotto {

// What is wanted of the passes; RunRequest in the engine's terms.
struct PassRequest {
  LogitsMode logits = LogitsMode::kAll;
  // Of each prompt, in place of `logits`; null: as that says. Not with pad_compute.
  const std::vector<std::vector<size_t>>* positions = nullptr;
  // With `positions`: of each prompt, the ids whose logits alone are wanted; null: all.
  const std::vector<std::vector<int32_t>>* columns = nullptr;
  bool hidden_states = false;
  RowConsumer rows = {};
  const ScoreOptions* score = nullptr;  // Null: no scores.
  ScoreConsumer scores = {};
  // Before and after each batch, on the calling thread; an error ends the run.
  std::function<void(const BatchMembers&)> batch_begins = {};
  std::function<absl::Status(const BatchMembers&)> batch_done = {};
  bool calibrate = false;
  bool last_run = false;
};

class PassRunner {
 public:
  struct Set {
    const ModelSpec& config;
    EngineHost& host;
    bool pad_compute = false;
    std::string precision_name = {};               // For errors.
    const std::function<void()>* pause = nullptr;  // As RunOptions.
  };

  // `prompts`: checked; with pad_compute a multiple of the batch size, of which `real` are the
  // caller's. All outlive the runner.
  PassRunner(const Set& set, TokenPrompts prompts, size_t real, const PassRequest& request,
             const RunControl& control);

  // Runs all batches, with the members and in the order of OrderBatches(). A batch that ends with
  // what may pass (retry_schedule.h) is repeated from its start over a new connection, as often as
  // the host's retries allow; any other error ends the run. FAILED_PRECONDITION, naming prompt and
  // position, where values are not finite: the model overflows in this precision.
  absl::StatusOr<RunReport> Run();

 private:
  RunOptions run_options() const;
  std::string NameOf(size_t prompt) const;
  // Of PassRequest::columns, those of a batch.
  std::vector<size_t> ColumnsOf(const BatchMembers& members) const;
  // Positions that these prompts come to, padding included where it is computed.
  size_t TokensOf(const BatchMembers& members) const;
  // The order of batches_, and how long each should take.
  BatchForecast PlanBatches();
  absl::Status RunBatchWithRetries(BatchReport& batch, const BatchStart& start,
                                   ProgressMeter& progress);
  absl::Status RunBatch(BatchReport& batch, ProgressMeter& progress);
  // Over the connection that there is now.
  uint64_t ExchangesSoFar() const;
  absl::Status CheckFinite(const std::optional<BatchOutputs::Place>& not_finite) const;

  const Set set_;
  const TokenPrompts prompts_;
  const size_t real_;
  const PassRequest& request_;
  const RunControl& control_;
  std::vector<BatchReport> batches_;
  uint64_t exchanges_ = 0;  // Of batches that succeeded.
  ScoreKeeper scores_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_PASS_RUNNER_H_
