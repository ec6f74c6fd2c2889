// From logits to log-probabilities (sotto/scores.h). TRUSTED.
#ifndef SOTTO_TRUSTED_API_TOKEN_SCORES_H_
#define SOTTO_TRUSTED_API_TOKEN_SCORES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/matrix.h"
#include "sotto/scores.h"

namespace sotto {

// Room for `tokens` positions; every log-probability is NaN. Ranks get none.
Scores MakeScores(size_t tokens, size_t top_k);

enum class ScoreAccess {
  kDirect,     // Reads the logits of the next token and of the likeliest ones by their ids.
  kOblivious,  // Reads all logits once more for each and chooses by a mask: no branch and no
               // address depends on `ids`, or on which tokens are likely. The same bits.
};

// Scores positions [first_position, first_position + logits.rows()) of the prompt `ids` from
// their logits [rows, vocab]: log-probabilities, the most likely tokens, and ranks where there is
// room for them. Every id is below vocab. Thread-safe for different positions.
void ScorePositions(std::span<const int32_t> ids, size_t first_position,
                    ConstMatrixView<float> logits, Scores& scores,
                    ScoreAccess access = ScoreAccess::kDirect);

// Sum of the log-probabilities of tokens [first, end), in nats, without a branch or an address that
// depends on either. What lies outside may be no number. REQUIRES: first >= 1.
double SumLogprobs(const Scores& scores, size_t first, size_t end);
// Leaves the first `tokens`.
void Truncate(Scores& scores, size_t tokens);

// exp of the mean negative log-probability of `count` tokens; none for none.
std::optional<double> Perplexity(double sum_logprobs, size_t count);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_TOKEN_SCORES_H_
