// The answer to POST /v1/completions. TRUSTED: holds prompts.
#ifndef SOTTO_TRUSTED_SERVICE_COMPLETION_RESPONSE_H_
#define SOTTO_TRUSTED_SERVICE_COMPLETION_RESPONSE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "sotto/model.h"
#include "trusted/service/completion_request.h"
#include "trusted/service/pass_job.h"
#include "trusted/service/response_json.h"

namespace sotto {

// What the passes have to compute for the request; `prompts` are its prompts' ids.
PassKind PassKindOf(const CompletionRequest& request, const Model& model);
PassPrompt PassPromptOf(const CompletionRequest& request, TokenIds ids);

// `model_name`: what the answer calls the model.
HttpResponse CompletionAnswer(const CompletionRequest& request, const PassResults& results,
                              const Model& model, const std::string& model_name);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_COMPLETION_RESPONSE_H_
