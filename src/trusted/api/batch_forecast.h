// How long the batches of a run will take, and how long they took.
#ifndef SOTTO_TRUSTED_API_BATCH_FORECAST_H_
#define SOTTO_TRUSTED_API_BATCH_FORECAST_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "base/status.h"
#include "model/config.h"
#include "trusted/engine/batch_order.h"
#include "trusted/engine/cost_model.h"
#include "trusted/engine/engine.h"

namespace sotto {

// What the cost model expects.
struct TimeForecast {
  double batch_seconds = 0;  // The whole batch.
  double later_seconds = 0;  // All batches after it.
};

class BatchForecast {
 public:
  // `batches`: the work of each batch, in the order they will run.
  BatchForecast(const ModelSpec& config, const EngineOptions& engine, const RunOptions& run,
                std::vector<BatchWork> batches);

  // Runs the cost model's calibration where it pays. Positions are scored as in a real batch.
  // Errors are the engine's.
  absl::Status Calibrate(Engine& engine);

  // For the batch with this index, from what has finished so far. None: nothing is known yet.
  std::optional<TimeForecast> Of(size_t batch) const;

  void Observe(size_t batch, double seconds) { model_.Observe(batches_[batch], seconds); }

  // None where there was no calibration.
  std::optional<double> calibration_seconds() const { return calibration_seconds_; }

 private:
  const ModelSpec config_;
  const EngineOptions engine_options_;
  const RunOptions run_;
  const std::vector<BatchWork> batches_;
  std::vector<BatchWork> work_after_;  // [i]: of all batches after batch i.
  CostModel model_;
  std::optional<double> calibration_seconds_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_BATCH_FORECAST_H_
