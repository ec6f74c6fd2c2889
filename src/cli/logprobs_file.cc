#include "cli/logprobs_file.h"

#include <optional>
#include <utility>

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

// One string an id. Bytes of a character that several ids spell appear with the last of them.
absl::StatusOr<Json> TokenStrings(std::span<const int32_t> ids, const Tokenizer* tokenizer) {
  if (tokenizer == nullptr) return Json();
  StreamingDecoder decoder(*tokenizer, {});
  Json tokens = Json::array();
  for (const int32_t id : ids) {
    SOTTO_ASSIGN_OR_RETURN(std::string token, decoder.Next(id));
    tokens.push_back(std::move(token));
  }
  tokens.back() = tokens.back().get<std::string>() + decoder.Finish();
  return tokens;
}

}  // namespace

absl::StatusOr<std::string> LogprobsLine(size_t index, const Json& id, std::span<const int32_t> ids,
                                         const Tokenizer* tokenizer, const TokenScores& scores) {
  Json line;
  line["index"] = index;
  if (!id.is_null()) line["id"] = id;
  line["ids"] = ids;
  SOTTO_ASSIGN_OR_RETURN(line["tokens"], TokenStrings(ids, tokenizer));
  line["logprobs"] = scores.logprobs;
  line["logprobs"][0] = nullptr;
  line["top_ids"] = scores.top_ids;
  line["top_logprobs"] = scores.top_logprobs;
  line["sum_logprob"] = SumLogprobs(scores);
  const std::optional<double> perplexity = Perplexity(scores);
  line["perplexity"] = perplexity.has_value() ? Json(*perplexity) : Json();
  return line.dump() + "\n";
}

}  // namespace sotto
