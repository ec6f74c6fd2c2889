// POST /v1/embeddings.
#include <bit>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/strings.h"
#include "trusted/service/embedding_request.h"
#include "trusted/service/endpoints.h"
#include "trusted/service/response_json.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

static_assert(std::endian::native == std::endian::little, "floats are sent as they are in memory");

absl::StatusOr<std::vector<PassPrompt>> EncodeInputs(const ServiceContext& context,
                                                     const HttpRequest& sent,
                                                     const EmbeddingRequest& request) {
  SOTTO_RETURN_IF_ERROR(CheckModelName(context, request.model));
  const size_t width = context.model.info().hidden_size;
  if (request.dimensions.value_or(1) > width) {
    return MemberError("dimensions", StrCat("the model has ", width));
  }
  return EncodeWholePrompts(context, sent, request.inputs, request.handling);
}

ResponseJson VectorJson(const std::vector<float>& vector, EmbeddingFormat format) {
  if (format == EmbeddingFormat::kFloat) return vector;
  return SecretString(absl::Base64Escape(
      {reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)}));
}

HttpResponse EmbeddingAnswer(const EmbeddingRequest& request, const PassResults& results,
                             const std::string& model_name) {
  ResponseJson data = ResponseJson::array();
  size_t tokens = 0;
  for (size_t i = 0; i < results.hidden.size(); ++i) {
    data.push_back({{"object", "embedding"},
                    {"index", i},
                    {"embedding", VectorJson(results.hidden[i].values, request.format)}});
    tokens += results.prompts[i].ids.size();
  }
  ResponseJson answer;
  answer["object"] = "list";
  answer["data"] = std::move(data);
  answer["model"] = SecretString(model_name);
  answer["usage"] = {{"prompt_tokens", tokens}, {"total_tokens", tokens}};
  return JsonResponse(answer);
}

}  // namespace

void AnswerEmbeddings(const ServiceContext& context, const HttpRequest& request,
                      const HttpReply& reply) {
  absl::StatusOr<EmbeddingRequest> parsed =
      ParseEmbeddingRequest(request.body, context.options.request);
  if (!parsed.ok()) return reply(ErrorResponse(parsed.status()));
  const auto embedding = std::make_shared<const EmbeddingRequest>(*std::move(parsed));
  absl::StatusOr<std::vector<PassPrompt>> prompts = EncodeInputs(context, request, *embedding);
  if (!prompts.ok()) return reply(ErrorResponse(prompts.status()));
  PassQuery query{.kind = {.output = PassOutput::kHidden,
                           .pooling = context.options.embedding_pooling,
                           .dimensions = embedding->dimensions.value_or(0)},
                  .prompts = *std::move(prompts),
                  .member = "input",
                  .names_model = !embedding->model.empty()};
  query.answer = [embedding, &context](const PassResults& results, const SecretString&) {
    return EmbeddingAnswer(*embedding, results, context.options.model_name);
  };
  RunAndAnswer(context, std::move(query), request, reply);
}

}  // namespace sotto
