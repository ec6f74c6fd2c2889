#include "cli/logprobs_file.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

// A string an id, or null where the tokenizer has none: a model may have more ids.
Json TextsJson(const std::vector<std::optional<std::string>>& texts) {
  Json json = Json::array();
  for (const std::optional<std::string>& text : texts) {
    json.push_back(text.has_value() ? Json(*text) : Json());
  }
  return json;
}

// Of each position the likeliest tokens: [{"id", "token", "logprob"}, ..].
Json TopTokens(const Model& model, const Scores& scores) {
  Json positions = Json::array();
  for (size_t i = 0; i < scores.logprobs.size(); ++i) {
    std::vector<int32_t> ids;
    for (const TokenLogprob& token : scores.top_after(i)) ids.push_back(token.id);
    const Json texts = TextsJson(model.TokenTextsApart(ids));
    Json tokens = Json::array();
    for (size_t k = 0; k < ids.size(); ++k) {
      tokens.push_back({{"id", ids[k]},
                        {"token", model.has_tokenizer() ? texts[k] : Json()},
                        {"logprob", scores.top_after(i)[k].logprob}});
    }
    positions.push_back(std::move(tokens));
  }
  return positions;
}

}  // namespace

std::string LogprobsLine(const ScoredPrompt& prompt, const Model& model, const Scores& scores,
                         TopList top_list) {
  Json line;
  line["index"] = prompt.index;
  if (!prompt.id.is_null()) line["id"] = prompt.id;
  line["ids"] = prompt.ids;
  line["tokens"] = model.has_tokenizer() ? TextsJson(model.TokenTexts(prompt.ids)) : Json();
  line["logprobs"] = scores.logprobs;
  line["logprobs"][0] = nullptr;
  line["top_ids"] = Json::array();
  line["top_logprobs"] = Json::array();
  for (size_t i = 0; i < prompt.ids.size(); ++i) {
    line["top_ids"].push_back(scores.top_after(i)[0].id);
    line["top_logprobs"].push_back(scores.top_after(i)[0].logprob);
  }
  if (top_list == TopList::kWritten) line["top"] = TopTokens(model, scores);
  line["sum_logprob"] = scores.sum_logprob;
  const std::optional<double> perplexity = scores.perplexity();
  line["perplexity"] = perplexity.has_value() ? Json(*perplexity) : Json();
  return line.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sotto
