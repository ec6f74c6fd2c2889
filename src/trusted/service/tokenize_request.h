// The bodies of POST /tokenize and /detokenize. TRUSTED: they hold prompts.
#ifndef SOTTO_TRUSTED_SERVICE_TOKENIZE_REQUEST_H_
#define SOTTO_TRUSTED_SERVICE_TOKENIZE_REQUEST_H_

#include <string_view>

#include "base/status.h"
#include "trusted/service/prompt_input.h"

namespace sotto {

struct TokenizeRequest {
  SecretString model = {}, text = {};
  PromptHandling handling = {};
  bool return_token_strs = false;
};
// {"prompt": text}, as vLLM; "content" and "add_special", as llama.cpp, are the same.
// INVALID_ARGUMENT naming the member.
absl::StatusOr<TokenizeRequest> ParseTokenizeRequest(std::string_view body,
                                                     const RequestLimits& limits);

struct DetokenizeRequest {
  SecretString model = {};
  SecretIds ids = {};  // Perhaps none.
};
// {"tokens": ids}.
absl::StatusOr<DetokenizeRequest> ParseDetokenizeRequest(std::string_view body,
                                                         const RequestLimits& limits);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_TOKENIZE_REQUEST_H_
