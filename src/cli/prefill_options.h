// What `sotto prefill` was asked to do, checked as far as the command line alone allows.
#ifndef SOTTO_CLI_PREFILL_OPTIONS_H_
#define SOTTO_CLI_PREFILL_OPTIONS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/prompt_format.h"
#include "cli/status_line.h"
#include "cli/truncation.h"
#include "enclave/linear/local.h"
#include "enclave/linear/split.h"
#include "enclave/prefill/engine.h"
#include "model/model_digest.h"
#include "model/sealed_model.h"

namespace sotto {

// What is computed in, and why: named, or measured, or given by the mode. The reasons are for
// people.
struct PrecisionChoice {
  Precision linear = Precision::kF32;
  std::string linear_reason = {};
  AttentionPrecision attention = AttentionPrecision::kF32;
  std::string attention_reason = {};
};

struct PrefillOptions {
  std::string model_dir;  // Or a sealed model.
  UnsealOptions unseal;   // For a sealed model only.
  size_t prefill_length = 0;
  std::string prefill_length_source;  // The flag or variable to name in errors.
  size_t batch_size = 0;
  Truncation truncation = Truncation::kRight;
  std::string prompts_path;                    // Empty: `prompts`.
  std::optional<PromptFormat> prompts_format;  // None: as the path says.
  std::vector<std::string> prompts;            // TRUSTED: prompt text.
  std::string output_path;
  std::string save_logits_path;  // Empty: not saved. Else ends in .safetensors or .npy.
  std::string logprobs_path;     // Empty: not written.
  std::string weight_cache_dir;  // Empty: none. Never for a sealed or pinned model.
  PrecisionChoice precision;
  int threads = 1;
  LogitsMode logits = LogitsMode::kAll;
  bool oblivious_embedding = false;
  bool pad_compute = false;  // Always in the split mode: traffic has a fixed shape.
  ModelPins pins;
  std::optional<SplitOptions> split;
  int retries = 0;  // Reconnections in the split mode (retry_schedule.h).
  ProgressMode progress = ProgressMode::kAuto;
};

}  // namespace sotto

#endif  // SOTTO_CLI_PREFILL_OPTIONS_H_
