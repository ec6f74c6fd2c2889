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

// What a named token's probability is one of.
enum class NamedAmong {
  kVocabulary,  // All tokens that could follow.
  kNamed,       // The tokens named with it: they add up to 1.
};

// Tokens whose log-probabilities are wanted after one position of a prompt.
struct NamedTokens {
  size_t prompt = 0;
  size_t position = 0;  // The one the tokens would follow.
  std::vector<int32_t> ids = {};
  NamedAmong among = NamedAmong::kVocabulary;
};

// Log-probabilities of one prompt of n tokens.
struct Scores {
  // [n]: of each token given those before it. NaN for the first and for tokens not asked for.
  std::vector<double> logprobs = {};
  // [n] with ScoreOptions::ranks, else empty: the place of each token among all that could stand
  // there, from 1, the most likely, on, and the smaller id first among equals. 0 where logprobs are
  // NaN.
  std::vector<int32_t> ranks = {};
  // [n, top_k]: the most likely tokens after each position, most likely first and the smaller id
  // first among equals (Model::TokenTextsApart gives their texts). Zeros for positions not asked
  // for.
  std::vector<TokenLogprob> top = {};
  size_t top_k = 0;
  // Sum and number of the tokens that were asked for.
  double sum_logprob = 0;
  size_t tokens = 0;
  // For each of ScoreOptions::named that is about this prompt, in their order: the log-probability
  // of each of its ids.
  std::vector<std::vector<double>> named = {};

  // [top_k]: those after position i. If the first is token i + 1, that token was the greedy choice.
  std::span<const TokenLogprob> top_after(size_t i) const {
    return std::span(top).subspan(i * top_k, top_k);
  }
  // Whether each of the tokens [first, n) of the prompt `ids` was the most likely one (the smallest
  // id among equals). REQUIRES: top_k and first are at least 1; the tokens were asked for.
  bool IsGreedy(std::span<const int32_t> ids, size_t first) const;
  // exp of the mean negative log-probability; nullopt if there are no tokens.
  std::optional<double> perplexity() const;
};

// Every additional one costs another pass over the vocabulary.
inline constexpr size_t kMaxTopK = 100;

struct ScoreOptions {
  size_t top_k = 1;    // At most kMaxTopK and the size of the vocabulary; 0: none.
  bool ranks = false;  // Scores::ranks: one more pass over the vocabulary.
  // Keeps logprobs, ranks and top; false: sums only, in memory that does not grow with the prompt.
  bool keep_tokens = true;
  // For each prompt, the first token to score (at least 1, and at most its length: none); empty:
  // all but the first token. lm_head is computed for no position but those that predict a scored
  // token and the named ones, unless the prefill computes padding.
  std::vector<size_t> first_tokens = {};
  // Tokens to score beside those of the prompts, such as labels that may follow. Where padding is
  // computed, their number shows in the time a batch takes, but neither ids nor positions do.
  // Where a run asks for nothing but kNamed values (no token scored, top_k 0, no logits), only
  // their rows of lm_head are computed (in blocks of 256), unless padding is: then all are.
  std::vector<NamedTokens> named = {};
};

enum class Pooling {
  kLast,  // the last token's
  kMean,  // the mean over the prompt's tokens
  kAll,   // every token's
};

struct EmbedOptions {
  Pooling pooling = Pooling::kLast;
  // The first so many numbers of each row, for models whose training ordered them (Matryoshka
  // representations); 0: all.
  size_t dimensions = 0;
  bool normalize = false;  // Scales each row, once it was cut, to length 1; zeros stay.
};

// Hidden states after the final norm: [rows, hidden_size], row-major; one row, or one per token.
// hidden_size: the model's, or EmbedOptions::dimensions.
struct Hidden {
  size_t rows = 0, hidden_size = 0;
  std::vector<float> values = {};

  std::span<const float> row(size_t i) const { return {&values[i * hidden_size], hidden_size}; }
};

// What a classifier says of one prompt, of each label of ModelInfo::head.
struct Classification {
  // [labels]: rows of score.weight times the hidden state of the last token that is not padding.
  std::vector<float> logits = {};
  // [labels]: what LabelActivation makes of them; empty with kNone.
  std::vector<double> probabilities = {};
};

}  // namespace sotto

#endif  // SOTTO_SCORES_H_
