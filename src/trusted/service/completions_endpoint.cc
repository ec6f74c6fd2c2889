// POST /v1/completions.
#include <memory>
#include <utility>

#include "base/strings.h"
#include "trusted/service/completion_response.h"
#include "trusted/service/endpoints.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

// Labels that are given as texts, as tokens.
absl::Status EncodeLabels(const Model& model, CompletionRequest& request) {
  for (const SecretString& text : request.label_texts) {
    const absl::StatusOr<int32_t> id = LabelToken(model, text);
    if (absl::IsInvalidArgument(id.status())) {
      return MemberError(
          "labels", StrCat("element ", request.labels.size(), " ", ToStd(id.status().message())));
    }
    if (!id.ok()) return WithMember(id.status(), "labels");
    request.labels.push_back(*id);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PassPrompt>> EncodeCompletion(const ServiceContext& context,
                                                         const HttpRequest& sent,
                                                         const CompletionRequest& request) {
  SOTTO_RETURN_IF_ERROR(CheckModelName(context, request.model));
  SOTTO_RETURN_IF_ERROR(CheckIds(context.model, request.labels, request.labels_member));
  std::vector<PassPrompt> prompts;
  for (const PromptInput& input : request.prompts) {
    SOTTO_RETURN_IF_ERROR(CheckAwaited(sent));
    SOTTO_ASSIGN_OR_RETURN(SecretIds ids, EncodePrompt(context.model, input, request.handling,
                                                       context.options.longest_prompt, "prompt"));
    prompts.push_back(PassPromptOf(request, std::move(ids)));
  }
  return prompts;
}

}  // namespace

void AnswerCompletions(const ServiceContext& context, const HttpRequest& request,
                       const HttpReply& reply) {
  absl::StatusOr<CompletionRequest> parsed =
      ParseCompletionRequest(request.body, context.options.request);
  if (!parsed.ok()) return reply(ErrorResponse(parsed.status()));
  if (const absl::Status encoded = EncodeLabels(context.model, *parsed); !encoded.ok()) {
    return reply(ErrorResponse(encoded));
  }
  const auto completion = std::make_shared<const CompletionRequest>(*std::move(parsed));
  absl::StatusOr<std::vector<PassPrompt>> prompts = EncodeCompletion(context, request, *completion);
  if (!prompts.ok()) return reply(ErrorResponse(prompts.status()));
  PassQuery query{.kind = PassKindOf(*completion, context.model),
                  .prompts = *std::move(prompts),
                  .member = "prompt",
                  .names_model = !completion->model.empty(),
                  .id_prefix = "cmpl-"};
  query.answer = [completion, &context](const PassResults& results, const SecretString& id) {
    return CompletionAnswer(*completion, results, context.model,
                            {.id = id, .model = context.options.model_name});
  };
  RunAndAnswer(context, std::move(query), request, reply);
}

}  // namespace sotto
