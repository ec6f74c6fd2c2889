// What `sotto prefill` was asked to do, checked as far as the command line alone allows.
#ifndef SOTTO_CLI_PREFILL_OPTIONS_H_
#define SOTTO_CLI_PREFILL_OPTIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "cli/progress.h"
#include "enclave/linear/local.h"
#include "enclave/prefill/engine.h"
#include "model/sealed_model.h"

namespace sotto {

struct PrefillOptions {
  std::string model_dir;  // Or a sealed model.
  UnsealOptions unseal;   // For a sealed model only.
  size_t prefill_length = 0;
  std::string prefill_length_source;  // The flag or variable to name in errors.
  size_t batch_size = 0;
  std::string prompts_path;          // Empty: `prompts`.
  std::vector<std::string> prompts;  // TRUSTED: prompt text.
  std::string output_path;
  std::string save_logits_path;  // Empty: not saved. Else ends in .safetensors or .npy.
  std::string logprobs_path;     // Empty: not written.
  std::string weight_cache_dir;  // Empty: none. Never for a sealed model.
  Precision precision = Precision::kF32;
  int threads = 1;
  LogitsMode logits = LogitsMode::kAll;
  ProgressMode progress = ProgressMode::kAuto;
};

}  // namespace sotto

#endif  // SOTTO_CLI_PREFILL_OPTIONS_H_
