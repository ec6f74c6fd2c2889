#include "trusted/service/service_context.h"

#include <memory>
#include <utility>

#include "base/strings.h"
#include "trusted/service/answer_memory.h"
#include "trusted/service/receipts.h"
#include "trusted/service/response_json.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

absl::Status CheckTokenCount(const ServiceContext& context, const std::vector<PassPrompt>& prompts,
                             std::string_view member) {
  size_t tokens = 0;
  for (const PassPrompt& prompt : prompts) tokens += prompt.ids.size();
  const size_t most = context.options.request.tokens;
  if (tokens <= most) return absl::OkStatus();
  return MemberError(
      member, StrCat("comes to ", tokens, " tokens, more than the ", most, " of one request"));
}

// Tasks of more than this take longer than the others together: about 10 ms.
constexpr size_t kLargeTaskBytes = size_t{64} << 10;

// What waits for the results of passes.
struct PendingAnswer {
  std::function<HttpResponse(const PassResults&, const SecretString&)> answer;
  SecretString id;
  ReceiptRecord receipt;  // Where there are receipts.
};

std::shared_ptr<const PendingAnswer> Prepare(const ServiceContext& context, const PassQuery& query,
                                             const HttpRequest& request) {
  auto pending = std::make_shared<PendingAnswer>();
  pending->answer = query.answer;
  if (!query.id_prefix.empty()) pending->id = RandomId(query.id_prefix);
  if (context.receipts == nullptr) return pending;
  ReceiptRecord& receipt = pending->receipt;
  receipt = Receipts::Begin(request.identity, request.head.path, request.body);
  receipt.chat_id = pending->id;
  receipt.names_model = query.names_model;
  receipt.owner = context.options.keys.OwnerOf(request.head.authorization).value_or(0);
  receipt.prompts = query.prompts.size();
  for (const PassPrompt& prompt : query.prompts) receipt.tokens += prompt.ids.size();
  return pending;
}

HttpResponse AnswerWith(const ServiceContext& context, const PendingAnswer& pending,
                        const PassResults& results) {
  HttpResponse response = pending.answer(results, pending.id);
  if (context.receipts == nullptr || response.status != 200) return response;
  ReceiptRecord receipt = pending.receipt;
  receipt.exchanges_verified = results.exchanges_verified;
  context.receipts->Keep(std::move(receipt), response);
  return response;
}

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

absl::Status CheckAwaited(const HttpRequest& request) {
  return request.left.stop_requested() ? absl::CancelledError("the client has left")
                                       : absl::OkStatus();
}

absl::StatusOr<std::vector<PassPrompt>> EncodeWholePrompts(const ServiceContext& context,
                                                           const HttpRequest& request,
                                                           const SecretVector<PromptInput>& inputs,
                                                           const PromptHandling& handling) {
  std::vector<PassPrompt> prompts;
  for (const PromptInput& input : inputs) {
    SOTTO_RETURN_IF_ERROR(CheckAwaited(request));
    SOTTO_ASSIGN_OR_RETURN(SecretIds ids, EncodePrompt(context.model, input, handling,
                                                       context.options.longest_prompt, "input"));
    prompts.push_back({.ids = std::move(ids)});
  }
  return prompts;
}

void RunAndAnswer(const ServiceContext& context, PassQuery query, const HttpRequest& request,
                  const HttpReply& reply) {
  if (const absl::Status fits = CheckTokenCount(context, query.prompts, query.member); !fits.ok()) {
    return reply(ErrorResponse(fits));
  }
  const size_t bytes = AnswerBytes(context.model, query.kind, query.prompts) + request.body.size();
  const absl::StatusOr<std::shared_ptr<void>> lease = HoldAnswer(context, bytes);
  if (!lease.ok()) return reply(ErrorResponse(lease.status()));
  const std::shared_ptr<const PendingAnswer> pending = Prepare(context, query, request);
  PassJob job{.kind = query.kind,
              .prompts = std::move(query.prompts),
              .left = request.left,
              .deadline = PassJob::Clock::now() + context.options.request_timeout};
  // Writing an answer takes time that passes need not wait for.
  job.done = [&context, reply, pending, lease = *lease, left = request.left,
              size = SizeOfTask(bytes)](absl::StatusOr<PassResults> results) {
    if (left.stop_requested()) return;
    auto shared = std::make_shared<absl::StatusOr<PassResults>>(std::move(results));
    context.tasks.Post(
        [&context, shared, reply, pending, lease] {
          HttpResponse response = shared->ok() ? AnswerWith(context, *pending, **shared)
                                               : ErrorResponse(shared->status());
          response.lease = lease;
          reply(std::move(response));
        },
        shared->ok() ? size : TaskSize::kSmall);
  };
  const absl::Status accepted = context.scheduler.Submit(std::move(job));
  if (!accepted.ok()) reply(ErrorResponse(accepted));
}

}  // namespace sotto
