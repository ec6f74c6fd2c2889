// How long a batch will take, known before it runs: counted operations and streamed bytes, turned
// into seconds by a short calibration on this machine and by every batch that has finished.
#ifndef SOTTO_ENCLAVE_PREFILL_COST_MODEL_H_
#define SOTTO_ENCLAVE_PREFILL_COST_MODEL_H_

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "enclave/prefill/engine.h"
#include "model/config.h"

namespace sotto {

// What a batch asks of the machine. A multiply-add counts as two operations.
struct BatchWork {
  double linear_operations = 0;
  double attention_operations = 0;  // Only what the causal mask leaves.
  // Passes of the weights through memory, in weights of all blocks and lm_head: one for each token
  // block and block of logits.
  double streamed_weights = 0;
};
BatchWork WorkOf(const LlamaConfig& config, const EngineOptions& engine,
                 std::span<const std::vector<int32_t>> prompts, const RunOptions& options);

// seconds = linear_operations / rate + attention_operations / (rate * kAttentionShare)
//           + streamed_weights * seconds_per_weight
// Not thread-safe.
class CostModel {
 public:
  // Runs two short batches of made-up ids on the engine (16 and up to 256 positions, one prompt)
  // and fits rate and streaming time to them. Errors are the engine's.
  static absl::StatusOr<CostModel> Calibrate(const LlamaConfig& config,
                                             const EngineOptions& options, Engine& engine);

  // The model that two observations give exactly; a fit that would be negative is clipped.
  CostModel(const BatchWork& small, double small_seconds, const BatchWork& large,
            double large_seconds);

  double PredictSeconds(const BatchWork& work) const;

  // Learns from a finished batch: later predictions move by half its relative error.
  void Observe(const BatchWork& work, double seconds);

  // Attention's operations per second, relative to the linear layers'.
  static constexpr double kAttentionShare = 0.4;

 private:
  double seconds_per_operation_ = 0;
  double seconds_per_weight_ = 0;
  double correction_ = 1;
};

}  // namespace sotto

#endif  // SOTTO_ENCLAVE_PREFILL_COST_MODEL_H_
