// --logprobs: a JSON line a prompt. See docs/result_format.md. TRUSTED: holds prompts.
#ifndef SOTTO_CLI_LOGPROBS_FILE_H_
#define SOTTO_CLI_LOGPROBS_FILE_H_

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "base/file.h"
#include "sotto/model.h"
#include "sotto/scores.h"

namespace sotto {

struct ScoredPrompt {
  size_t index = 0;
  const nlohmann::ordered_json& id;  // Null: none was given.
  std::span<const int32_t> ids;
};

enum class TopList { kLeftOut, kWritten };

// {"index", "id" (if given), "ids", "tokens", "logprobs", "top_ids", "top_logprobs", "top" (where
// written), "sum_logprob", "perplexity"}. Joined, the tokens are the prompt; ids that the tokenizer
// lacks have null for one, and a model without a tokenizer makes "tokens" null.
std::string LogprobsLine(const ScoredPrompt& prompt, const Model& model, const Scores& scores,
                         TopList top_list);

}  // namespace sotto

#endif  // SOTTO_CLI_LOGPROBS_FILE_H_
