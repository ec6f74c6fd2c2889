// POST /v1/rerank, /v2/rerank and /v1/score: yes/no rerankers.
#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>

#include "base/strings.h"
#include "trusted/service/endpoints.h"
#include "trusted/service/rerank_request.h"
#include "trusted/service/response_json.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

constexpr std::string_view kVersionTwo = "/v2/rerank";

using RerankPointer = std::shared_ptr<const RerankRequest>;

absl::StatusOr<std::vector<PassPrompt>> EncodePairs(const ServiceContext& context,
                                                    const RerankRequest& request) {
  SOTTO_RETURN_IF_ERROR(CheckModelName(context, request.model));
  if (!context.options.rerank.has_value()) {
    return absl::InvalidArgumentError(
        "this server has no reranking template, without which scores would be meaningless");
  }
  const RerankTemplate& form = *context.options.rerank;
  SOTTO_ASSIGN_OR_RETURN(const auto labels, form.LabelIds(context.model));
  std::vector<PassPrompt> prompts;
  for (size_t i = 0; i < request.documents.size(); ++i) {
    RerankInput input{.query = request.query_of(i),
                      .document = request.documents[i],
                      .instruction = kDefaultInstruction};
    if (request.instruction.has_value()) input.instruction = *request.instruction;
    absl::StatusOr<TokenIds> ids = form.Encode(context.model, input);
    if (!ids.ok()) return WithMember(ids.status(), "documents");
    if (ids->size() > context.options.longest_prompt) {
      return MemberError(
          "documents",
          StrCat("element ", i, " comes to ", ids->size(), " tokens with its query, more than the ",
                 context.options.longest_prompt, " that this server takes"));
    }
    PassPrompt prompt{.ids = *std::move(ids),
                      .labels = {labels.begin(), labels.end()},
                      .labels_among = NamedAmong::kNamed};
    prompt.first_token = prompt.ids.size();
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

// The probability of the first of two labels, of these two.
double ScoreOf(const Scores& scores) { return std::exp(scores.named.at(0)[0]); }

size_t TokensOf(const PassResults& results) {
  return std::accumulate(
      results.prompts.begin(), results.prompts.end(), size_t{0},
      [](size_t sum, const PassPrompt& prompt) { return sum + prompt.ids.size(); });
}

HttpResponse RankedAnswer(const RerankRequest& request, bool documents, const PassResults& results,
                          const std::string& model_name) {
  std::vector<size_t> order(results.scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return ScoreOf(results.scores[a]) > ScoreOf(results.scores[b]);
  });
  order.resize(std::min(order.size(), request.top_n.value_or(order.size())));
  ResponseJson ranked = ResponseJson::array();
  for (const size_t i : order) {
    ResponseJson one = {{"index", i}, {"relevance_score", ScoreOf(results.scores[i])}};
    if (documents) one["document"] = {{"text", request.documents[i]}};
    ranked.push_back(std::move(one));
  }
  ResponseJson answer;
  answer["id"] = RandomId("rerank-");
  answer["model"] = SecretString(model_name);
  answer["results"] = std::move(ranked);
  answer["usage"] = UsageJson(TokensOf(results), 0);
  return JsonResponse(answer);
}

HttpResponse ScoredAnswer(const PassResults& results, const std::string& model_name) {
  ResponseJson data = ResponseJson::array();
  for (size_t i = 0; i < results.scores.size(); ++i) {
    data.push_back({{"index", i}, {"object", "score"}, {"score", ScoreOf(results.scores[i])}});
  }
  ResponseJson answer;
  answer["id"] = RandomId("score-");
  answer["object"] = "list";
  answer["created"] = static_cast<int64_t>(std::time(nullptr));
  answer["model"] = SecretString(model_name);
  answer["data"] = std::move(data);
  answer["usage"] = UsageJson(TokensOf(results), 0);
  return JsonResponse(answer);
}

void RunPairs(const ServiceContext& context, const RerankPointer& rerank,
              const HttpRequest& request, const HttpReply& reply,
              std::function<HttpResponse(const PassResults&)> answer) {
  absl::StatusOr<std::vector<PassPrompt>> prompts = EncodePairs(context, *rerank);
  if (!prompts.ok()) return reply(ErrorResponse(prompts.status()));
  RunAndAnswer(context, {.labels_alone = true}, *std::move(prompts), "documents", request, reply,
               std::move(answer));
}

}  // namespace

void AnswerRerank(const ServiceContext& context, const HttpRequest& request,
                  const HttpReply& reply) {
  absl::StatusOr<RerankRequest> parsed = ParseRerankRequest(request.body);
  if (!parsed.ok()) return reply(ErrorResponse(parsed.status()));
  const auto rerank = std::make_shared<const RerankRequest>(*std::move(parsed));
  // Cohere's second version does not send them back.
  const bool documents = rerank->return_documents.value_or(request.head.path != kVersionTwo);
  RunPairs(context, rerank, request, reply,
           [rerank, documents, &context](const PassResults& results) {
             return RankedAnswer(*rerank, documents, results, context.options.model_name);
           });
}

void AnswerScore(const ServiceContext& context, const HttpRequest& request,
                 const HttpReply& reply) {
  absl::StatusOr<RerankRequest> parsed = ParseScoreRequest(request.body);
  if (!parsed.ok()) return reply(ErrorResponse(parsed.status()));
  const auto score = std::make_shared<const RerankRequest>(*std::move(parsed));
  RunPairs(context, score, request, reply, [&context](const PassResults& results) {
    return ScoredAnswer(results, context.options.model_name);
  });
}

}  // namespace sotto
