#include "cli/logprobs_file.h"

#include <optional>
#include <utility>

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

// One string an id, or null where the tokenizer has none: a model may have more ids. Bytes of a
// character that several ids spell appear with the last of them.
Json TokenStrings(std::span<const int32_t> ids, const Tokenizer* tokenizer) {
  if (tokenizer == nullptr) return nullptr;
  StreamingDecoder decoder(*tokenizer, {});
  Json tokens = Json::array();
  std::optional<size_t> last;  // Of those that have a string.
  for (const int32_t id : ids) {
    const absl::StatusOr<std::string> token = decoder.Next(id);
    if (token.ok()) last = tokens.size();
    tokens.push_back(token.ok() ? Json(*token) : Json());
  }
  if (last.has_value()) tokens[*last] = tokens[*last].get<std::string>() + decoder.Finish();
  return tokens;
}

}  // namespace

std::string LogprobsLine(size_t index, const Json& id, std::span<const int32_t> ids,
                         const Tokenizer* tokenizer, const TokenScores& scores) {
  Json line;
  line["index"] = index;
  if (!id.is_null()) line["id"] = id;
  line["ids"] = ids;
  line["tokens"] = TokenStrings(ids, tokenizer);
  line["logprobs"] = scores.logprobs;
  line["logprobs"][0] = nullptr;
  line["top_ids"] = scores.top_ids;
  line["top_logprobs"] = scores.top_logprobs;
  line["sum_logprob"] = SumLogprobs(scores);
  const std::optional<double> perplexity = Perplexity(scores);
  line["perplexity"] = perplexity.has_value() ? Json(*perplexity) : Json();
  return line.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sotto
