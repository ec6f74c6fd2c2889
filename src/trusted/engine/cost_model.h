// How long a batch will take, known before it runs: counted operations and streamed bytes, turned
// into seconds by a short calibration on this machine and by every batch that has finished.
#ifndef SOTTO_TRUSTED_ENGINE_COST_MODEL_H_
#define SOTTO_TRUSTED_ENGINE_COST_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "model/config.h"
#include "trusted/engine/engine.h"

namespace sotto {

// What a batch asks of the machine. A multiply-add counts as two operations.
struct BatchWork {
  double linear_operations = 0;
  double attention_operations = 0;  // Only what the masks leave.
  // Passes of the weights through memory, in weights of all blocks and lm_head: one for each token
  // block and block of logits.
  double streamed_weights = 0;

  BatchWork operator+(const BatchWork& other) const {
    return {linear_operations + other.linear_operations,
            attention_operations + other.attention_operations,
            streamed_weights + other.streamed_weights};
  }
};
// Does not look at the prompts with options.pad_compute.
BatchWork WorkOf(const ModelSpec& config, const EngineOptions& engine,
                 std::span<const std::vector<int32_t>> prompts, const RunOptions& options);

// Orders work where no time has been measured: operations, those of attention and the streamed
// weights valued at what they usually take.
double RelativeCost(const BatchWork& work);

// Longest prompt of a calibration.
inline constexpr size_t kCalibrationPositions = 256;

// Whether calibrating is worth its time: it is a small part of the work to come, or next to nothing
// (a small model). Elsewhere the first batch is the calibration.
bool CalibrationPays(const ModelSpec& config, const EngineOptions& engine, const RunOptions& run,
                     std::span<const BatchWork> to_come);

// seconds = linear_operations / rate + attention_operations / (rate * kAttentionShare)
//           + streamed_weights * seconds_per_weight
// Not thread-safe.
class CostModel {
 public:
  // Knows nothing until it has observed a batch.
  CostModel() = default;

  // The model that two observations give exactly; a fit that would be negative is clipped.
  CostModel(const BatchWork& small, double small_seconds, const BatchWork& large,
            double large_seconds);

  // Runs short batches of made-up ids on the engine (one prompt of 16, then of up to
  // kCalibrationPositions) and fits rate and streaming time to them. `sink` should do with the
  // logits what the batches to come will. Errors are the engine's.
  static absl::StatusOr<CostModel> Calibrate(const ModelSpec& config, const EngineOptions& options,
                                             LogitsMode logits, Engine& engine, LogitsSink sink);

  // None while it knows nothing.
  std::optional<double> PredictSeconds(const BatchWork& work) const;

  // Learns from a finished batch: all it knows if it is the first, else later predictions move by
  // half the relative error.
  void Observe(const BatchWork& work, double seconds);

  // Attention's operations per second, relative to the linear layers'.
  static constexpr double kAttentionShare = 0.4;

 private:
  // The model that one observation gives, streaming valued as RelativeCost() does.
  void FitTo(const BatchWork& work, double seconds);

  double seconds_per_operation_ = 0;
  double seconds_per_weight_ = 0;
  double correction_ = 1;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_COST_MODEL_H_
