// What every endpoint has at hand. TRUSTED.
#ifndef SOTTO_TRUSTED_SERVICE_SERVICE_CONTEXT_H_
#define SOTTO_TRUSTED_SERVICE_SERVICE_CONTEXT_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "http/memory_budget.h"
#include "trusted/service/prompt_input.h"
#include "trusted/service/scheduler.h"
#include "trusted/service/service.h"
#include "trusted/service/service_metrics.h"
#include "trusted/service/task_queue.h"

namespace sotto {

struct ServiceContext {
  const Model& model;
  const ServiceOptions& options;  // model_name is filled.
  Scheduler& scheduler;
  TaskQueue& tasks;
  ServiceMetrics& metrics;
  const MemoryBudget& answers;
};

// NOT_FOUND unless `name` is the model's, or empty.
absl::Status CheckModelName(const ServiceContext& context, std::string_view name);

// The prompts of the member "input", each computed as a whole. Errors as EncodePrompt().
absl::StatusOr<std::vector<PassPrompt>> EncodeWholePrompts(const ServiceContext& context,
                                                           const std::vector<PromptInput>& inputs,
                                                           const PromptHandling& handling);

// Has the prompts computed, and answers with what `answer` makes of the results, or with the error.
// INVALID_ARGUMENT, naming `member`, for more tokens or prompts than one request may have; errors
// of HoldAnswer(), before anything is computed.
void RunAndAnswer(const ServiceContext& context, PassKind kind, std::vector<PassPrompt> prompts,
                  std::string_view member, const HttpRequest& request, HttpReply reply,
                  std::function<HttpResponse(const PassResults&)> answer);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_SERVICE_CONTEXT_H_
