// What `sotto prefill` was asked to do, checked as far as the command line alone allows.
#ifndef SOTTO_CLI_PREFILL_OPTIONS_H_
#define SOTTO_CLI_PREFILL_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "cli/prompt_format.h"
#include "cli/receipt_job.h"
#include "cli/run_job.h"
#include "cli/truncation.h"
#include "sotto/model.h"

namespace sotto {

struct PrefillJob : RunJob {
  Truncation truncation = Truncation::kRight;
  EncodeTextOptions encoding = {};
  std::string prompts_path;                    // Empty: `prompts`.
  std::optional<PromptFormat> prompts_format;  // None: as the path says.
  std::vector<std::string> prompts;            // TRUSTED: prompt text.
  std::string output_path;
  std::string save_logits_path;  // Empty: not saved. Else ends in .safetensors or .npy.
  std::string logprobs_path;     // Empty: not written.
  std::optional<size_t> top_k;   // Likeliest tokens listed in it; none: no list.
  ReceiptJob receipt;            // Of `prompts_path` and `output_path`.
};

}  // namespace sotto

#endif  // SOTTO_CLI_PREFILL_OPTIONS_H_
