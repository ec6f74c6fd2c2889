#include "cli/score_keeper.h"

#include <utility>

namespace sotto {

ScoreKeeper::ScoreKeeper(const BatchRows& rows, LogprobsQueue& queue, const Options& options)
    : rows_(rows),
      queue_(queue),
      options_(options),
      perplexity_(rows.prompt_count),
      sum_logprobs_(rows.ids.size()),
      scores_(rows.ids.size()) {}

absl::Status ScoreKeeper::Keep(const BatchMembers& members, std::vector<TokenScores> scores) {
  for (size_t i = 0; i < members.size(); ++i) {
    const size_t row = members[i];
    if (options_.padded) {
      sum_logprobs_[row] = SumLogprobsMasked(scores[i], rows_.ids[row].size());
      if (options_.wants_logprobs) scores_[row] = std::move(scores[i]);
    } else if (row < rows_.prompt_count) {
      perplexity_[row] = Perplexity(scores[i]);
      SOTTO_RETURN_IF_ERROR(queue_.Add(row, std::move(scores[i])));
    }
  }
  return absl::OkStatus();
}

absl::Status ScoreKeeper::Finish() {
  for (size_t row = 0; row < rows_.prompt_count; ++row) {
    const size_t tokens = rows_.ids[row].size();
    if (sum_logprobs_[row].has_value()) {
      perplexity_[row] = Perplexity(*sum_logprobs_[row], tokens);
    }
    if (!scores_[row].has_value()) continue;
    Truncate(*scores_[row], tokens);
    SOTTO_RETURN_IF_ERROR(queue_.Add(row, *std::exchange(scores_[row], std::nullopt)));
  }
  return absl::OkStatus();
}

}  // namespace sotto
