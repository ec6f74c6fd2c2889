#include "cli/logprobs_file.h"

#include <optional>
#include <utility>

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

// One string an id, or null where the tokenizer has none: a model may have more ids.
Json TokenStrings(std::span<const int32_t> ids, const Model& model) {
  if (!model.has_tokenizer()) return nullptr;
  Json tokens = Json::array();
  for (const std::optional<std::string>& text : model.TokenTexts(ids)) {
    tokens.push_back(text.has_value() ? Json(*text) : Json());
  }
  return tokens;
}

}  // namespace

std::string LogprobsLine(size_t index, const Json& id, std::span<const int32_t> ids,
                         const Model& model, const Scores& scores) {
  Json line;
  line["index"] = index;
  if (!id.is_null()) line["id"] = id;
  line["ids"] = ids;
  line["tokens"] = TokenStrings(ids, model);
  line["logprobs"] = scores.logprobs;
  line["logprobs"][0] = nullptr;
  line["top_ids"] = Json::array();
  line["top_logprobs"] = Json::array();
  for (size_t i = 0; i < ids.size(); ++i) {
    line["top_ids"].push_back(scores.top_after(i)[0].id);
    line["top_logprobs"].push_back(scores.top_after(i)[0].logprob);
  }
  line["sum_logprob"] = scores.sum_logprob;
  const std::optional<double> perplexity = scores.perplexity();
  line["perplexity"] = perplexity.has_value() ? Json(*perplexity) : Json();
  return line.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sotto
