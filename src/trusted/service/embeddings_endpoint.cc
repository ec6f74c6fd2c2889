// POST /v1/embeddings.
#include <bit>
#include <cmath>
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
                                                     const EmbeddingRequest& request) {
  SOTTO_RETURN_IF_ERROR(CheckModelName(context, request.model));
  const size_t width = context.model.info().hidden_size;
  if (request.dimensions.value_or(1) > width) {
    return MemberError("dimensions", StrCat("the model has ", width));
  }
  std::vector<PassPrompt> prompts;
  for (const PromptInput& input : request.inputs) {
    SOTTO_ASSIGN_OR_RETURN(TokenIds ids, EncodePrompt(context.model, input, request.handling,
                                                      context.options.longest_prompt, "input"));
    prompts.push_back({.ids = std::move(ids)});
  }
  return prompts;
}

// The first `dimensions`, of length 1.
std::vector<float> UnitVector(const Hidden& hidden, size_t dimensions) {
  std::vector<float> vector(hidden.values.begin(),
                            hidden.values.begin() + static_cast<ptrdiff_t>(dimensions));
  double sum = 0;
  for (const float value : vector) sum += double{value} * value;
  const double scale = sum > 0 ? 1 / std::sqrt(sum) : 0;
  for (float& value : vector) value = static_cast<float>(value * scale);
  return vector;
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
    const Hidden& hidden = results.hidden[i];
    const std::vector<float> vector =
        UnitVector(hidden, request.dimensions.value_or(hidden.hidden_size));
    data.push_back(
        {{"object", "embedding"}, {"index", i}, {"embedding", VectorJson(vector, request.format)}});
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
  absl::StatusOr<EmbeddingRequest> parsed = ParseEmbeddingRequest(request.body);
  if (!parsed.ok()) return reply(ErrorResponse(parsed.status()));
  const auto embedding = std::make_shared<const EmbeddingRequest>(*std::move(parsed));
  absl::StatusOr<std::vector<PassPrompt>> prompts = EncodeInputs(context, *embedding);
  if (!prompts.ok()) return reply(ErrorResponse(prompts.status()));
  RunAndAnswer(context,
               {.output = PassOutput::kHidden, .pooling = context.options.embedding_pooling},
               *std::move(prompts), "input", request, reply,
               [embedding, &context](const PassResults& results) {
                 return EmbeddingAnswer(*embedding, results, context.options.model_name);
               });
}

}  // namespace sotto
