// The body of POST /v1/classify (vLLM's shape). TRUSTED: it holds prompts.
#ifndef SOTTO_TRUSTED_SERVICE_CLASSIFY_REQUEST_H_
#define SOTTO_TRUSTED_SERVICE_CLASSIFY_REQUEST_H_

#include <string_view>
#include <vector>

#include "base/status.h"
#include "trusted/service/prompt_input.h"

namespace sotto {

struct ClassifyRequest {
  SecretString model = {};
  SecretVector<PromptInput> inputs = {};
  PromptHandling handling = {};
};

// INVALID_ARGUMENT naming the member.
absl::StatusOr<ClassifyRequest> ParseClassifyRequest(std::string_view body,
                                                     const RequestLimits& limits);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_CLASSIFY_REQUEST_H_
