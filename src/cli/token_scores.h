// What a prompt's logits say of the prompt itself. TRUSTED.
#ifndef SOTTO_CLI_TOKEN_SCORES_H_
#define SOTTO_CLI_TOKEN_SCORES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/matrix.h"

namespace sotto {

struct TokenScores {
  explicit TokenScores(size_t tokens) : logprobs(tokens), top_ids(tokens), top_logprobs(tokens) {}

  std::vector<double> logprobs;  // Of token i given those before it; [0] means nothing.
  // The likeliest token after position i (the smallest id among equals), and its log-probability.
  std::vector<int32_t> top_ids;
  std::vector<double> top_logprobs;
};

// Scores positions [first_position, first_position + logits.rows()) of the prompt `ids` from
// their logits [rows, vocab]. Every id is below vocab. Thread-safe for different positions.
void ScorePositions(std::span<const int32_t> ids, size_t first_position,
                    ConstMatrixView<float> logits, TokenScores& scores);

// Sum of the log-probabilities of all tokens but the first, in nats.
double SumLogprobs(const TokenScores& scores);

// exp of the mean negative log-probability of all tokens but the first; none for a single token.
std::optional<double> Perplexity(const TokenScores& scores);

}  // namespace sotto

#endif  // SOTTO_CLI_TOKEN_SCORES_H_
