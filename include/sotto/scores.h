// What comes out of a forward pass. TRUSTED: tells the prompts.
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
  double logprob = 0;  // Natural.

  bool operator==(const TokenLogprob&) const = default;
};

// Log-probabilities of one prompt of n tokens.
struct Scores {
  // [n], of token i given those before it; NaN for those that were not asked for, the first always.
  std::vector<double> logprobs = {};
  // [n, top_k]: the likeliest tokens after each position, the likeliest first and the smaller id
  // first among equals; zeros for positions that were not asked for.
  std::vector<TokenLogprob> top = {};
  size_t top_k = 0;
  // Over the tokens that were asked for.
  double sum_logprob = 0;
  size_t tokens = 0;

  // Those after position i, [top_k]. Token i + 1 was the greedy choice if the first one is it.
  std::span<const TokenLogprob> top_after(size_t i) const {
    return std::span(top).subspan(i * top_k, top_k);
  }
  // exp of the mean negative log-probability; none without a token.
  std::optional<double> perplexity() const;
};

// Each costs one more look at the vocabulary.
inline constexpr size_t kMaxTopK = 100;

struct ScoreOptions {
  size_t top_k = 1;  // At most kMaxTopK; 0: none.
  // Keeps logprobs and top; false: sums only, in flat memory.
  bool keep_tokens = true;
  // Of each prompt, the first token to score (at least 1, and below its length); empty: all tokens
  // but the first. What comes before costs no lm_head.
  std::vector<size_t> first_tokens = {};
};

// Tokens to be looked up after one position of a prompt.
struct NamedTokens {
  size_t prompt = 0;
  size_t position = 0;  // The tokens may follow this one.
  std::vector<int32_t> ids = {};
};

enum class Pooling {
  kLast,  // the last token's
  kMean,  // the mean over the prompt's tokens
  kNone,  // every token's
};

// Hidden states after the final norm: [rows, hidden_size], row-major; one row, or one a token.
struct Hidden {
  size_t rows = 0, hidden_size = 0;
  std::vector<float> values = {};

  std::span<const float> row(size_t i) const { return {&values[i * hidden_size], hidden_size}; }
};

}  // namespace sotto

#endif  // SOTTO_SCORES_H_
