#include "trusted/service/service_context.h"

#include <memory>
#include <utility>

#include "base/strings.h"
#include "trusted/service/answer_memory.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

absl::Status CheckRequestSize(const ServiceContext& context, const std::vector<PassPrompt>& prompts,
                              std::string_view member) {
  size_t tokens = 0;
  for (const PassPrompt& prompt : prompts) tokens += prompt.ids.size();
  const ServiceOptions& options = context.options;
  if (prompts.size() > options.max_request_prompts) {
    return MemberError(member, StrCat("comes to ", prompts.size(), " prompts, more than the ",
                                      options.max_request_prompts, " of one request"));
  }
  if (tokens > options.max_request_tokens) {
    return MemberError(member, StrCat("comes to ", tokens, " tokens, more than the ",
                                      options.max_request_tokens, " of one request"));
  }
  return absl::OkStatus();
}

// Tasks of more than this take longer than the others together: about 10 ms.
constexpr size_t kLargeTaskBytes = size_t{64} << 10;

}  // namespace

TaskSize SizeOfTask(size_t bytes) {
  return bytes > kLargeTaskBytes ? TaskSize::kLarge : TaskSize::kSmall;
}

absl::Status CheckModelName(const ServiceContext& context, std::string_view name) {
  if (name.empty() || name == context.options.model_name) return absl::OkStatus();
  return WithMember(absl::NotFoundError(StrCat("model: this server has no such model; it has ",
                                               context.options.model_name)),
                    "model");
}

absl::StatusOr<std::vector<PassPrompt>> EncodeWholePrompts(const ServiceContext& context,
                                                           const std::vector<PromptInput>& inputs,
                                                           const PromptHandling& handling) {
  std::vector<PassPrompt> prompts;
  for (const PromptInput& input : inputs) {
    SOTTO_ASSIGN_OR_RETURN(TokenIds ids, EncodePrompt(context.model, input, handling,
                                                      context.options.longest_prompt, "input"));
    prompts.push_back({.ids = std::move(ids)});
  }
  return prompts;
}

void RunAndAnswer(const ServiceContext& context, PassKind kind, std::vector<PassPrompt> prompts,
                  std::string_view member, const HttpRequest& request, HttpReply reply,
                  std::function<HttpResponse(const PassResults&)> answer) {
  if (const absl::Status fits = CheckRequestSize(context, prompts, member); !fits.ok()) {
    return reply(ErrorResponse(fits));
  }
  const size_t bytes = AnswerBytes(context.model, kind, prompts) + request.body.size();
  const absl::StatusOr<std::shared_ptr<void>> lease = HoldAnswer(context, bytes);
  if (!lease.ok()) return reply(ErrorResponse(lease.status()));
  PassJob job{.kind = kind,
              .prompts = std::move(prompts),
              .left = request.left,
              .deadline = PassJob::Clock::now() + context.options.request_timeout};
  // Writing an answer takes time that passes need not wait for.
  job.done = [&tasks = context.tasks, reply, answer, lease = *lease,
              size = SizeOfTask(bytes)](absl::StatusOr<PassResults> results) {
    auto shared = std::make_shared<absl::StatusOr<PassResults>>(std::move(results));
    tasks.Post(
        [shared, reply, answer, lease] {
          HttpResponse response = shared->ok() ? answer(**shared) : ErrorResponse(shared->status());
          response.lease = lease;
          reply(std::move(response));
        },
        shared->ok() ? size : TaskSize::kSmall);
  };
  const absl::Status accepted = context.scheduler.Submit(std::move(job));
  if (!accepted.ok()) reply(ErrorResponse(accepted));
}

}  // namespace sotto
