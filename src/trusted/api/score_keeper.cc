#include "trusted/api/score_keeper.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "trusted/api/token_scores.h"

namespace sotto {

ScoreKeeper::ScoreKeeper(TokenPrompts prompts, size_t real, const Options& options,
                         const ScoreConsumer& consumer)
    : prompts_(prompts),
      real_(real),
      options_(options),
      consumer_(consumer),
      waiting_(options.padded ? prompts.size() : 0) {}

size_t ScoreKeeper::FirstToken(size_t prompt) const {
  return options_.first_tokens.empty() ? 1 : options_.first_tokens[prompt % real_];
}

void ScoreKeeper::Trim(size_t prompt, Scores& scores) const {
  const size_t tokens = prompts_[prompt].size(), first = std::min(FirstToken(prompt), tokens);
  scores.tokens = tokens - first;
  if (!options_.keep_tokens) return;
  Truncate(scores, tokens);
  std::fill_n(scores.logprobs.begin(), first, std::numeric_limits<double>::quiet_NaN());
  std::fill_n(scores.ranks.begin(), std::min(first, scores.ranks.size()), 0);
  std::fill_n(scores.top.begin(), (first - 1) * scores.top_k, TokenLogprob());
}

absl::Status ScoreKeeper::Keep(const BatchMembers& members, std::vector<Scores> scores) {
  for (size_t i = 0; i < members.size(); ++i) {
    const size_t prompt = members[i];
    scores[i].sum_logprob = SumLogprobs(scores[i], FirstToken(prompt), prompts_[prompt].size());
    if (!options_.keep_tokens) {
      scores[i].logprobs = {};
      scores[i].ranks = {};
      scores[i].top = {};
    }
    if (options_.padded) {
      waiting_[prompt] = std::move(scores[i]);
    } else if (prompt < real_) {
      Trim(prompt, scores[i]);
      SOTTO_RETURN_IF_ERROR(consumer_(prompt, std::move(scores[i])));
    }
  }
  return absl::OkStatus();
}

absl::Status ScoreKeeper::Finish() {
  for (size_t prompt = 0; prompt < std::min(real_, waiting_.size()); ++prompt) {
    if (!waiting_[prompt].has_value()) continue;
    Scores scores = *std::exchange(waiting_[prompt], std::nullopt);
    Trim(prompt, scores);
    SOTTO_RETURN_IF_ERROR(consumer_(prompt, std::move(scores)));
  }
  return absl::OkStatus();
}

}  // namespace sotto
