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

// Of a position in TokenScores.
inline constexpr size_t kTokenScoreBytes = 2 * sizeof(double) + sizeof(int32_t);

enum class ScoreAccess {
  kDirect,     // Reads the next token's logit by its id.
  kOblivious,  // Reads all logits once more and chooses by a mask: no branch and no address depends
               // on `ids`. The same bits.
};

// Scores positions [first_position, first_position + logits.rows()) of the prompt `ids` from
// their logits [rows, vocab]. Every id is below vocab. Thread-safe for different positions.
void ScorePositions(std::span<const int32_t> ids, size_t first_position,
                    ConstMatrixView<float> logits, TokenScores& scores,
                    ScoreAccess access = ScoreAccess::kDirect);

// Sum of the log-probabilities of all tokens but the first, in nats.
double SumLogprobs(const TokenScores& scores);
// The same to the bit of the first `tokens` of them, without a branch or an address that depends on
// `tokens`. What lies beyond may be no number.
double SumLogprobsMasked(const TokenScores& scores, size_t tokens);
// Leaves the first `tokens`.
void Truncate(TokenScores& scores, size_t tokens);

// exp of the mean negative log-probability of all tokens but the first; none for a single token.
std::optional<double> Perplexity(double sum_logprobs, size_t tokens);
std::optional<double> Perplexity(const TokenScores& scores);

}  // namespace sotto

#endif  // SOTTO_CLI_TOKEN_SCORES_H_
