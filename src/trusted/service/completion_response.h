// The answer to POST /v1/completions. TRUSTED: holds prompts.
#ifndef SOTTO_TRUSTED_SERVICE_COMPLETION_RESPONSE_H_
#define SOTTO_TRUSTED_SERVICE_COMPLETION_RESPONSE_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "sotto/model.h"
#include "trusted/service/completion_request.h"
#include "trusted/service/pass_job.h"
#include "trusted/service/response_json.h"

namespace sotto {

// What the passes have to compute for the request; `prompts` are its prompts' ids.
PassKind PassKindOf(const CompletionRequest& request, const Model& model);
PassPrompt PassPromptOf(const CompletionRequest& request, SecretIds ids);

// What the answer calls itself and the model.
struct CompletionNames {
  std::string_view id = {}, model = {};
};

HttpResponse CompletionAnswer(const CompletionRequest& request, const PassResults& results,
                              const Model& model, const CompletionNames& names);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_COMPLETION_RESPONSE_H_
