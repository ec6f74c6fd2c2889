// The results of a forward pass. TRUSTED: they reveal the prompts.
#ifndef SOTTO_SCORES_H_
#define SOTTO_SCORES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sotto {

struct TokenLogprob {
  int32_t id = 0;
  double logprob = 0;  // Natural logarithm.

  bool operator==(const TokenLogprob&) const = default;
};

// Log-probabilities of one prompt of n tokens.
struct Scores {
  // [n]: of each token given those before it. NaN for the first and for tokens not asked for.
  std::vector<double> logprobs = {};
  // [n, top_k]: the most likely tokens after each position, most likely first and the smaller id
  // first among equals (Model::TokenTextsApart gives their texts). Zeros for positions not asked
  // for.
  std::vector<TokenLogprob> top = {};
  size_t top_k = 0;
  // Sum and number of the tokens that were asked for.
  double sum_logprob = 0;
  size_t tokens = 0;

  // [top_k]: those after position i. If the first is token i + 1, that token was the greedy choice.
  std::span<const TokenLogprob> top_after(size_t i) const {
    return std::span(top).subspan(i * top_k, top_k);
  }
  // exp of the mean negative log-probability; nullopt if there are no tokens.
  std::optional<double> perplexity() const;
};

// Every additional one costs another pass over the vocabulary.
inline constexpr size_t kMaxTopK = 100;

struct ScoreOptions {
  size_t top_k = 1;  // At most kMaxTopK and the size of the vocabulary; 0: none.
  // Keeps logprobs and top; false: sums only, in memory that does not grow with the prompt.
  bool keep_tokens = true;
  // For each prompt, the first token to score (at least 1, and below its length); empty: all but
  // the first token. lm_head is not computed for the positions before.
  std::vector<size_t> first_tokens = {};
};

// Tokens whose log-probabilities are wanted after one position of a prompt.
struct NamedTokens {
  size_t prompt = 0;
  size_t position = 0;  // The one the tokens would follow.
  std::vector<int32_t> ids = {};
};

enum class Pooling {
  kLast,  // the last token's
  kMean,  // the mean over the prompt's tokens
  kNone,  // every token's
};

// Hidden states after the final norm: [rows, hidden_size], row-major; one row, or one per token.
struct Hidden {
  size_t rows = 0, hidden_size = 0;
  std::vector<float> values = {};

  std::span<const float> row(size_t i) const { return {&values[i * hidden_size], hidden_size}; }
};

}  // namespace sotto

#endif  // SOTTO_SCORES_H_
