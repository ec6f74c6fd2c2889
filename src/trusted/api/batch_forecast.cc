#include "trusted/api/batch_forecast.h"

#include <cstdint>
#include <utility>

#include "base/stopwatch.h"
#include "trusted/api/token_scores.h"

namespace sotto {

BatchForecast::BatchForecast(const ModelSpec& config, const EngineOptions& engine,
                             const RunOptions& run, std::vector<BatchWork> batches)
    : config_(config),
      engine_options_(engine),
      run_(run),
      batches_(std::move(batches)),
      work_after_(batches_.size()) {
  for (size_t i = batches_.size(); i-- > 1;) work_after_[i - 1] = work_after_[i] + batches_[i];
}

absl::Status BatchForecast::Calibrate(Engine& engine) {
  if (!CalibrationPays(config_, engine_options_, run_, batches_)) return absl::OkStatus();
  const std::vector<int32_t> ids(kCalibrationPositions, 0);
  Scores scores = MakeScores(ids.size(), 1);
  const auto score = [&](size_t, size_t position, ConstMatrixView<float> logits) {
    if (run_.logits == LogitsMode::kAll) ScorePositions(ids, position, logits, scores);
  };
  const Stopwatch stopwatch;
  SOTTO_ASSIGN_OR_RETURN(
      model_, CostModel::Calibrate(config_, engine_options_, run_.logits, engine, score));
  calibration_seconds_ = stopwatch.seconds();
  return absl::OkStatus();
}

std::optional<TimeForecast> BatchForecast::Of(size_t batch) const {
  const std::optional<double> seconds = model_.PredictSeconds(batches_[batch]);
  const std::optional<double> later = model_.PredictSeconds(work_after_[batch]);
  if (!seconds.has_value() || !later.has_value()) return std::nullopt;
  return TimeForecast{.batch_seconds = *seconds, .later_seconds = *later};
}

}  // namespace sotto
