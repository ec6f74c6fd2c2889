// POST /tokenize, POST /detokenize, GET /tokenizer_info.
#include <memory>
#include <utility>

#include "base/strings.h"
#include "trusted/service/answer_memory.h"
#include "trusted/service/endpoints.h"
#include "trusted/service/response_json.h"
#include "trusted/service/service_error.h"
#include "trusted/service/token_strings.h"
#include "trusted/service/tokenize_request.h"

namespace sotto {
namespace {

// Of a token in an answer and in what it is made of; few have longer texts.
constexpr size_t kIdBytes = 32, kTextBytes = 128;

absl::StatusOr<HttpResponse> Tokenized(const ServiceContext& context, std::string_view body) {
  SOTTO_ASSIGN_OR_RETURN(const TokenizeRequest request,
                         ParseTokenizeRequest(body, context.options.request));
  SOTTO_RETURN_IF_ERROR(CheckModelName(context, request.model));
  absl::StatusOr<TokenIds> encoded =
      context.model.Encode(request.text, EncodingOf(request.handling));
  if (!encoded.ok()) return WithMember(encoded.status(), "prompt");
  const SecretIds ids = TakeIds(*std::move(encoded));
  const size_t each = kIdBytes + (request.return_token_strs ? kTextBytes : 0);
  SOTTO_ASSIGN_OR_RETURN(std::shared_ptr<void> lease, HoldAnswer(context, ids.size() * each));
  ResponseJson answer;
  answer["count"] = ids.size();
  answer["max_model_len"] = context.options.longest_prompt;
  answer["tokens"] = ids;
  if (request.return_token_strs) {
    ResponseJson names = ResponseJson::array();
    for (const int32_t id : ids) names.push_back(TokenName(context.model, id, TokenNames::kTexts));
    answer["token_strs"] = std::move(names);
  }
  HttpResponse response = JsonResponse(answer);
  response.lease = std::move(lease);
  return response;
}

absl::StatusOr<HttpResponse> Detokenized(const ServiceContext& context, std::string_view body) {
  SOTTO_ASSIGN_OR_RETURN(const DetokenizeRequest request,
                         ParseDetokenizeRequest(body, context.options.request));
  SOTTO_RETURN_IF_ERROR(CheckModelName(context, request.model));
  SOTTO_RETURN_IF_ERROR(CheckIds(context.model, request.ids, "tokens"));
  SOTTO_ASSIGN_OR_RETURN(std::shared_ptr<void> lease,
                         HoldAnswer(context, request.ids.size() * kTextBytes));
  absl::StatusOr<std::string> text = context.model.Decode(request.ids);
  if (absl::IsInvalidArgument(text.status())) {
    return MemberError("tokens", ToStd(text.status().message()));
  }
  SOTTO_RETURN_IF_ERROR(text.status());
  HttpResponse response = JsonResponse({{"prompt", SecretString(*text)}});
  WipeContents(*text);
  response.lease = std::move(lease);
  return response;
}

ResponseJson NameOfFirst(const Model& model, std::span<const int32_t> ids) {
  if (ids.empty()) return nullptr;
  return TokenName(model, ids[0], TokenNames::kTexts);
}

}  // namespace

void AnswerTokenize(const ServiceContext& context, const HttpRequest& request,
                    const HttpReply& reply) {
  absl::StatusOr<HttpResponse> response = Tokenized(context, request.body);
  reply(response.ok() ? *std::move(response) : ErrorResponse(response.status()));
}

void AnswerDetokenize(const ServiceContext& context, const HttpRequest& request,
                      const HttpReply& reply) {
  absl::StatusOr<HttpResponse> response = Detokenized(context, request.body);
  reply(response.ok() ? *std::move(response) : ErrorResponse(response.status()));
}

void AnswerTokenizerInfo(const ServiceContext& context, const HttpRequest&,
                         const HttpReply& reply) {
  const Model& model = context.model;
  if (!model.has_tokenizer()) {
    return reply(ErrorResponse(absl::FailedPreconditionError("the model has no tokenizer.json")));
  }
  const std::span<const int32_t> bos =
      model.bos_ids().empty() ? std::span(model.info().bos_ids) : model.bos_ids();
  ResponseJson answer;
  answer["bos_token"] = NameOfFirst(model, bos);
  answer["eos_token"] = NameOfFirst(model, model.info().eos_ids);
  answer["eos_token_ids"] = model.info().eos_ids;
  answer["pad_token"] = nullptr;
  answer["chat_template"] = nullptr;
  answer["vocab_size"] = model.info().vocab_size;
  answer["model_max_length"] = context.options.longest_prompt;
  reply(JsonResponse(answer));
}

}  // namespace sotto
