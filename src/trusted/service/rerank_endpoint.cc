// POST /v1/rerank, /v2/rerank and /v1/score: rerankers that answer yes or no, or by a classifier.
#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>

#include "base/strings.h"
#include "trusted/service/endpoints.h"
#include "trusted/service/rerank_pair.h"
#include "trusted/service/rerank_request.h"
#include "trusted/service/response_json.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

constexpr std::string_view kVersionTwo = "/v2/rerank";

using RerankPointer = std::shared_ptr<const RerankRequest>;

absl::Status CheckHasTemplate(const ServiceContext& context) {
  if (context.options.rerank.has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "this server has no reranking template, without which scores would be meaningless");
}

absl::StatusOr<std::vector<PassPrompt>> EncodePairs(const ServiceContext& context,
                                                    const HttpRequest& sent,
                                                    const RerankRequest& request) {
  SOTTO_RETURN_IF_ERROR(CheckModelName(context, request.model));
  SOTTO_RETURN_IF_ERROR(CheckHasTemplate(context));
  const RerankTemplate& form = *context.options.rerank;
  if (request.instruction.has_value() && !form.takes_instruction()) {
    return MemberError("instruction", "has no effect: the server's template has no {instruction}");
  }
  SOTTO_ASSIGN_OR_RETURN(const SecretIds labels, form.LabelIds(context.model));
  std::vector<PassPrompt> prompts;
  for (size_t i = 0; i < request.documents.size(); ++i) {
    SOTTO_RETURN_IF_ERROR(CheckAwaited(sent));
    SOTTO_ASSIGN_OR_RETURN(
        SecretIds ids, EncodePair(context.model, form, request, i, context.options.longest_prompt));
    PassPrompt prompt{.ids = std::move(ids), .labels = labels, .labels_among = NamedAmong::kNamed};
    prompt.first_token = prompt.ids.size();
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

// From minus to plus infinity: a classifier's logit, or by how much the first of two labels is
// likelier than the second, as a logarithm. The sigmoid makes a probability of either.
double RawScore(const PassResults& results, size_t i) {
  if (!results.classes.empty()) return results.classes[i].logits[0];
  const std::vector<double>& logprobs = results.scores[i].named.at(0);
  return logprobs[0] - logprobs[1];
}

std::vector<double> ScoresOf(const RerankRequest& request, const PassResults& results) {
  std::vector<double> scores;
  for (size_t i = 0; i < results.prompts.size(); ++i) {
    const double raw = RawScore(results, i);
    scores.push_back(request.use_activation ? 1 / (1 + std::exp(-raw)) : raw);
  }
  return scores;
}

size_t TokensOf(const PassResults& results) {
  return std::accumulate(
      results.prompts.begin(), results.prompts.end(), size_t{0},
      [](size_t sum, const PassPrompt& prompt) { return sum + prompt.ids.size(); });
}

// What an answer calls itself and the model.
struct RerankNames {
  const SecretString& id;
  const std::string& model;
};

HttpResponse RankedAnswer(const RerankRequest& request, bool documents, const PassResults& results,
                          const RerankNames& names) {
  const std::vector<double> scores = ScoresOf(request, results);
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  order.resize(std::min(order.size(), request.top_n.value_or(order.size())));
  ResponseJson ranked = ResponseJson::array();
  for (const size_t i : order) {
    ResponseJson one = {{"index", i}, {"relevance_score", scores[i]}};
    if (documents) one["document"] = {{"text", request.documents[i]}};
    ranked.push_back(std::move(one));
  }
  ResponseJson answer;
  answer["id"] = names.id;
  answer["model"] = SecretString(names.model);
  answer["results"] = std::move(ranked);
  answer["usage"] = UsageJson(TokensOf(results), 0);
  return JsonResponse(answer);
}

HttpResponse ScoredAnswer(const RerankRequest& request, const PassResults& results,
                          const RerankNames& names) {
  const std::vector<double> scores = ScoresOf(request, results);
  ResponseJson data = ResponseJson::array();
  for (size_t i = 0; i < scores.size(); ++i) {
    data.push_back({{"index", i}, {"object", "score"}, {"score", scores[i]}});
  }
  ResponseJson answer;
  answer["id"] = names.id;
  answer["object"] = "list";
  answer["created"] = static_cast<int64_t>(std::time(nullptr));
  answer["model"] = SecretString(names.model);
  answer["data"] = std::move(data);
  answer["usage"] = UsageJson(TokensOf(results), 0);
  return JsonResponse(answer);
}

// `query`: what of it does not depend on the prompts.
void RunPairs(const ServiceContext& context, const RerankPointer& rerank, PassQuery query,
              const HttpRequest& request, const HttpReply& reply) {
  absl::StatusOr<std::vector<PassPrompt>> prompts = EncodePairs(context, request, *rerank);
  if (!prompts.ok()) return reply(ErrorResponse(prompts.status()));
  const bool classifier = context.model.info().head.kind == HeadKind::kClassifier;
  query.kind =
      classifier ? PassKind{.output = PassOutput::kClasses} : PassKind{.labels_alone = true};
  query.prompts = *std::move(prompts);
  query.member = "documents";
  query.names_model = !rerank->model.empty();
  RunAndAnswer(context, std::move(query), request, reply);
}

}  // namespace

void AnswerRerank(const ServiceContext& context, const HttpRequest& request,
                  const HttpReply& reply) {
  absl::StatusOr<RerankRequest> parsed = ParseRerankRequest(request.body, context.options.request);
  if (!parsed.ok()) return reply(ErrorResponse(parsed.status()));
  const auto rerank = std::make_shared<const RerankRequest>(*std::move(parsed));
  // Cohere's second version does not send them back.
  const bool documents = rerank->return_documents.value_or(request.head.path != kVersionTwo);
  PassQuery query{.id_prefix = "rerank-"};
  query.answer = [rerank, documents, &context](const PassResults& results, const SecretString& id) {
    return RankedAnswer(*rerank, documents, results, {id, context.options.model_name});
  };
  RunPairs(context, rerank, std::move(query), request, reply);
}

void AnswerScore(const ServiceContext& context, const HttpRequest& request,
                 const HttpReply& reply) {
  absl::StatusOr<RerankRequest> parsed = ParseScoreRequest(request.body, context.options.request);
  if (!parsed.ok()) return reply(ErrorResponse(parsed.status()));
  const auto score = std::make_shared<const RerankRequest>(*std::move(parsed));
  PassQuery query{.id_prefix = "score-"};
  query.answer = [score, &context](const PassResults& results, const SecretString& id) {
    return ScoredAnswer(*score, results, {id, context.options.model_name});
  };
  RunPairs(context, score, std::move(query), request, reply);
}

}  // namespace sotto
