#include "trusted/service/completion_request.h"

#include <array>
#include <limits>

#include "trusted/service/request_json.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

constexpr std::array kCompletionMembers =
    std::to_array<std::string_view>({"model",
                                     "prompt",
                                     "echo",
                                     "logprobs",
                                     "prompt_logprobs",
                                     "max_tokens",
                                     "temperature",
                                     "top_p",
                                     "top_k",
                                     "min_p",
                                     "seed",
                                     "user",
                                     "stream",
                                     "stream_options",
                                     "n",
                                     "best_of",
                                     "stop",
                                     "suffix",
                                     "ignore_eos",
                                     "priority",
                                     "presence_penalty",
                                     "frequency_penalty",
                                     "repetition_penalty",
                                     "logit_bias",
                                     "logprob_token_ids",
                                     "label_token_ids",
                                     "labels",
                                     "apply_softmax",
                                     "return_tokens_as_token_ids",
                                     kAddSpecialTokens,
                                     kParseSpecial,
                                     kTruncatePromptTokens,
                                     kTruncationSide});

// What sampling would take; nothing is sampled, so that their values do not matter.
absl::Status CheckSampling(const RequestFields& fields) {
  SOTTO_RETURN_IF_ERROR(fields.Number("temperature", 0, 2).status());
  SOTTO_RETURN_IF_ERROR(fields.Number("top_p", 0, 1).status());
  SOTTO_RETURN_IF_ERROR(fields.Number("min_p", 0, 1).status());
  SOTTO_RETURN_IF_ERROR(fields.Integer("top_k", -1, std::numeric_limits<int32_t>::max()).status());
  SOTTO_RETURN_IF_ERROR(fields.Bool("ignore_eos", false).status());
  SOTTO_RETURN_IF_ERROR(
      fields
          .Integer("seed", std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max())
          .status());
  return fields.String("user").status();
}

bool IsNothing(const RequestJson& value) {
  return value == "" || (value.is_array() && value.empty());
}

// What would change an answer if it were obeyed.
absl::Status CheckNotGenerating(const RequestFields& fields) {
  SOTTO_RETURN_IF_ERROR(fields.Only("stream", false, "must be false: an answer comes whole"));
  SOTTO_RETURN_IF_ERROR(fields.Only("stream_options", nullptr, "needs stream"));
  SOTTO_RETURN_IF_ERROR(fields.Only("n", 1, "must be 1"));
  SOTTO_RETURN_IF_ERROR(fields.Only("best_of", 1, "must be 1"));
  // Clients send what asks for nothing, too.
  if (const RequestJson* const stop = fields.Find("stop"); stop != nullptr && !IsNothing(*stop)) {
    return MemberError("stop", "has no effect: Sotto does not generate");
  }
  SOTTO_RETURN_IF_ERROR(fields.Only("suffix", "", "is not supported"));
  SOTTO_RETURN_IF_ERROR(fields.Only("presence_penalty", 0, "must be 0"));
  SOTTO_RETURN_IF_ERROR(fields.Only("frequency_penalty", 0, "must be 0"));
  SOTTO_RETURN_IF_ERROR(fields.Only("repetition_penalty", 1, "must be 1"));
  SOTTO_RETURN_IF_ERROR(fields.Only("priority", 0, "must be 0: all requests are alike"));
  return fields.Only("logit_bias", RequestJson::object(), "must be empty");
}

// OpenAI's default is 16.
absl::Status ReadMaxTokens(const RequestFields& fields, CompletionRequest& request) {
  const RequestJson* const given = fields.Find("max_tokens");
  if (given == nullptr || !given->is_number_integer() || *given < 0 || *given > 1) {
    return MemberError("max_tokens",
                       "must be 0 or 1: Sotto scores prompts and does not generate text");
  }
  request.max_tokens = given->get<size_t>();
  return absl::OkStatus();
}

absl::Status ReadLogprobs(const RequestFields& fields, CompletionRequest& request) {
  const RequestJson* const given = fields.Find("logprobs");
  if (given != nullptr && given->is_boolean()) {
    if (given->get<bool>()) request.logprobs = 1;
  } else {
    SOTTO_ASSIGN_OR_RETURN(request.logprobs,
                           fields.Integer("logprobs", 0, int64_t{kMaxAlternatives}));
  }
  SOTTO_ASSIGN_OR_RETURN(request.prompt_logprobs,
                         fields.Integer("prompt_logprobs", 0, int64_t{kMaxAlternatives}));
  return absl::OkStatus();
}

absl::Status ReadLabelTexts(const RequestFields& fields, CompletionRequest& request) {
  const RequestJson* const texts = fields.Find("labels");
  if (texts == nullptr) return absl::OkStatus();
  if (!request.labels.empty()) return MemberError("labels", "cannot be combined with token ids");
  if (texts->is_array() && texts->size() > kMaxLabels) {
    return MemberError("labels", "must have 1 to 1024 texts");
  }
  SOTTO_ASSIGN_OR_RETURN(request.label_texts, fields.Strings("labels"));
  return absl::OkStatus();
}

absl::Status ReadLabels(const RequestFields& fields, CompletionRequest& request) {
  SOTTO_ASSIGN_OR_RETURN(request.apply_softmax, fields.Bool("apply_softmax", false));
  if (fields.Find("logprob_token_ids") != nullptr && fields.Find("label_token_ids") != nullptr) {
    return MemberError("label_token_ids", "cannot be combined with logprob_token_ids");
  }
  for (const std::string_view member : {"logprob_token_ids", "label_token_ids"}) {
    SOTTO_ASSIGN_OR_RETURN(std::optional<SecretIds> ids, fields.Ids(member));
    if (!ids.has_value()) continue;
    if (ids->empty() || ids->size() > kMaxLabels) {
      return MemberError(member, "must have 1 to 1024 token ids");
    }
    request.labels = *std::move(ids);
    request.labels_member = member;
  }
  SOTTO_RETURN_IF_ERROR(ReadLabelTexts(fields, request));
  if (request.apply_softmax && request.labels.empty() && request.label_texts.empty()) {
    return MemberError("apply_softmax", "needs labels or label_token_ids");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CompletionRequest> ParseCompletionRequest(std::string_view body,
                                                         const RequestLimits& limits) {
  SOTTO_ASSIGN_OR_RETURN(const RequestFields fields,
                         RequestFields::Parse(body, kCompletionMembers, limits));
  CompletionRequest request;
  SOTTO_ASSIGN_OR_RETURN(const std::optional<SecretString> model, fields.String("model"));
  request.model = model.value_or(SecretString());
  SOTTO_RETURN_IF_ERROR(CheckSampling(fields));
  SOTTO_RETURN_IF_ERROR(CheckNotGenerating(fields));
  SOTTO_RETURN_IF_ERROR(ReadMaxTokens(fields, request));
  SOTTO_ASSIGN_OR_RETURN(request.echo, fields.Bool("echo", false));
  SOTTO_RETURN_IF_ERROR(ReadLogprobs(fields, request));
  SOTTO_RETURN_IF_ERROR(ReadLabels(fields, request));
  SOTTO_ASSIGN_OR_RETURN(request.return_tokens_as_token_ids,
                         fields.Bool("return_tokens_as_token_ids", false));
  SOTTO_ASSIGN_OR_RETURN(request.handling, ReadPromptHandling(fields));
  SOTTO_ASSIGN_OR_RETURN(request.prompts, ReadPrompts(fields, "prompt"));
  return request;
}

}  // namespace sotto
