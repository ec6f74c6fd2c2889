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

class Receipts;

struct ServiceContext {
  const Model& model;
  const ServiceOptions& options;  // model_name is filled.
  Scheduler& scheduler;
  TaskQueue& tasks;
  ServiceMetrics& metrics;
  const MemoryBudget& answers;
  AttestationReports* reports;  // Null where there is no identity to attest.
  Receipts* receipts;           // Null where none are signed.
};

// Of a task that reads or writes so much.
TaskSize SizeOfTask(size_t bytes);

// NOT_FOUND unless `name` is the model's, or empty.
absl::Status CheckModelName(const ServiceContext& context, std::string_view name);

// CANCELLED once nobody waits for the request's answer: asked between its prompts.
absl::Status CheckAwaited(const HttpRequest& request);

// The prompts of the member "input", each computed as a whole. Errors as EncodePrompt() and
// CheckAwaited().
absl::StatusOr<std::vector<PassPrompt>> EncodeWholePrompts(const ServiceContext& context,
                                                           const HttpRequest& request,
                                                           const SecretVector<PromptInput>& inputs,
                                                           const PromptHandling& handling);

// What a request asks of passes, and how it is answered.
struct PassQuery {
  PassKind kind = {};
  std::vector<PassPrompt> prompts = {};
  std::string_view member = {};     // Of the request, that holds them.
  bool names_model = false;         // The request does.
  std::string_view id_prefix = {};  // Of the answer's id: "cmpl-"; empty: it has none.
  // The answer that calls itself `id`.
  std::function<HttpResponse(const PassResults&, const SecretString& id)> answer = {};
};

// Has the prompts computed, and answers with what `answer` makes of the results, or with the error.
// Answers, not errors, have receipts. INVALID_ARGUMENT, naming `member`, for more tokens than one
// request may have; errors of HoldAnswer(), before anything is computed.
void RunAndAnswer(const ServiceContext& context, PassQuery query, const HttpRequest& request,
                  const HttpReply& reply);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_SERVICE_CONTEXT_H_
