// The body of POST /v1/completions: what can be asked of prompts that are scored, never continued.
// TRUSTED: holds prompts.
#ifndef SOTTO_TRUSTED_SERVICE_COMPLETION_REQUEST_H_
#define SOTTO_TRUSTED_SERVICE_COMPLETION_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "trusted/service/prompt_input.h"

namespace sotto {

// More alternatives than OpenAI gives, and as many as vLLM.
inline constexpr size_t kMaxAlternatives = 20;
// Labels of one request.
inline constexpr size_t kMaxLabels = 1024;

struct CompletionRequest {
  std::string model = {};
  SecretVector<PromptInput> prompts = {};
  PromptHandling handling = {};
  bool echo = false;                           // The answer begins with the prompt.
  std::optional<size_t> logprobs = {};         // Alternatives beside each token; nullopt: none.
  std::optional<size_t> prompt_logprobs = {};  // vLLM's list, beside the answer.
  size_t max_tokens = 0;                       // 0 or 1: the most likely next token.
  SecretIds labels = {};                       // Valued where they would follow the prompt.
  std::string_view labels_member = "label_token_ids";  // Which named them.
  SecretVector<SecretString> label_texts = {};         // Likewise: each is to be one token.
  bool apply_softmax = false;                          // Over the labels alone.
  bool return_tokens_as_token_ids = false;             // "token_id:17" for a token's text.
};

// INVALID_ARGUMENT naming the member, also for what would need text to be generated.
absl::StatusOr<CompletionRequest> ParseCompletionRequest(std::string_view body,
                                                         const RequestLimits& limits);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_COMPLETION_REQUEST_H_
