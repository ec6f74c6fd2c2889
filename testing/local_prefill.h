// A whole local prefill for tests: a checkpoint directory and prompts in, all logits out.
// Test-only.
#ifndef SOTTO_TESTING_LOCAL_PREFILL_H_
#define SOTTO_TESTING_LOCAL_PREFILL_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/checkpoint.h"
#include "trusted/engine/engine.h"
#include "trusted/linear/local.h"

namespace sotto {

using Prompt = std::vector<int32_t>;

// Logits of one prompt, [positions, vocab]; rows that never came are NaN, and `deliveries` counts
// how often each came. Padding is left out.
struct PromptLogits {
  std::vector<float> values;
  std::vector<int> deliveries;
  size_t vocab = 0;

  const float* row(size_t position) const { return &values[position * vocab]; }
};

class LocalPrefill {
 public:
  LocalPrefill(const std::string& model_dir, Precision precision, const EngineOptions& options,
               std::unique_ptr<MatrixProducts> attention = nullptr);

  const ModelSpec& config() const { return config_; }
  std::vector<PromptLogits> Run(const std::vector<Prompt>& prompts, const RunOptions& options = {});
  Engine& engine() { return *engine_; }

 private:
  ModelSpec config_;
  std::unique_ptr<Engine> engine_;
};

// -sum over positions i >= 1 of log softmax(logits[i - 1])[ids[i]], in nats.
double NegativeLogLikelihood(const Prompt& ids, const PromptLogits& logits);

}  // namespace sotto

#endif  // SOTTO_TESTING_LOCAL_PREFILL_H_
