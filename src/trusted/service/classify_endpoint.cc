// POST /v1/classify: a classifier's labels, or a reward model's score.
#include <algorithm>
#include <ctime>
#include <memory>
#include <utility>

#include "base/strings.h"
#include "trusted/service/classify_request.h"
#include "trusted/service/endpoints.h"
#include "trusted/service/response_json.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

absl::StatusOr<std::vector<PassPrompt>> EncodeTexts(const ServiceContext& context,
                                                    const HttpRequest& sent,
                                                    const ClassifyRequest& request) {
  SOTTO_RETURN_IF_ERROR(CheckModelName(context, request.model));
  if (context.model.info().head.kind != HeadKind::kClassifier) {
    return absl::FailedPreconditionError(StrCat("this server's model is a ",
                                                context.model.info().architecture,
                                                ", which has no classification head"));
  }
  return EncodeWholePrompts(context, sent, request.inputs, request.handling);
}

// As vLLM answers, and the logits beside. What has no probabilities (one label, regression) has
// null for them, and the label with the largest logit.
ResponseJson ClassJson(const HeadSpec& head, size_t index, const Classification& classification) {
  const std::vector<float>& logits = classification.logits;
  const size_t best = std::ranges::max_element(logits) - logits.begin();
  ResponseJson one = {{"index", index}, {"label", SecretString(head.labels[best])}};
  if (classification.probabilities.empty()) {
    one["probs"] = nullptr;
  } else {
    one["probs"] = classification.probabilities;
  }
  one["logits"] = logits;
  one["num_classes"] = logits.size();
  return one;
}

HttpResponse ClassifyAnswer(const ServiceContext& context, const PassResults& results,
                            const SecretString& id) {
  ResponseJson data = ResponseJson::array();
  size_t tokens = 0;
  for (size_t i = 0; i < results.classes.size(); ++i) {
    data.push_back(ClassJson(context.model.info().head, i, results.classes[i]));
    tokens += results.prompts[i].ids.size();
  }
  ResponseJson answer;
  answer["id"] = id;
  answer["object"] = "list";
  answer["created"] = static_cast<int64_t>(std::time(nullptr));
  answer["model"] = SecretString(context.options.model_name);
  answer["data"] = std::move(data);
  answer["usage"] = UsageJson(tokens, 0);
  return JsonResponse(answer);
}

}  // namespace

void AnswerClassify(const ServiceContext& context, const HttpRequest& request,
                    const HttpReply& reply) {
  const absl::StatusOr<ClassifyRequest> parsed =
      ParseClassifyRequest(request.body, context.options.request);
  if (!parsed.ok()) return reply(ErrorResponse(parsed.status()));
  absl::StatusOr<std::vector<PassPrompt>> prompts = EncodeTexts(context, request, *parsed);
  if (!prompts.ok()) return reply(ErrorResponse(prompts.status()));
  RunAndAnswer(context,
               {.kind = {.output = PassOutput::kClasses},
                .prompts = *std::move(prompts),
                .member = "input",
                .names_model = !parsed->model.empty(),
                .id_prefix = "classify-",
                .answer =
                    [&context](const PassResults& results, const SecretString& id) {
                      return ClassifyAnswer(context, results, id);
                    }},
               request, reply);
}

}  // namespace sotto
