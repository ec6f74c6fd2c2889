// Whether a run's input is what a Prefill takes. Messages name prompts and positions, never ids.
#ifndef SOTTO_TRUSTED_API_PROMPT_CHECKS_H_
#define SOTTO_TRUSTED_API_PROMPT_CHECKS_H_

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"
#include "sotto/prefill.h"

namespace sotto {

struct PromptLimits {
  size_t prefill_length = 0;
  size_t vocab_size = 0;
  std::span<const std::string> names = {};  // As RunControl.
};

// INVALID_ARGUMENT, naming the prompt.
absl::Status CheckPrompts(TokenPrompts prompts, const PromptLimits& limits);
// The same of what is asked about them. REQUIRES nothing of the prompts.
absl::Status CheckScoreOptions(TokenPrompts prompts, const ScoreOptions& options,
                               size_t vocab_size);
absl::Status CheckNamedTokens(TokenPrompts prompts, std::span<const NamedTokens> named,
                              size_t vocab_size);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_PROMPT_CHECKS_H_
