#include "trusted/api/token_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/check.h"
#include "kernels/elementwise.h"
#include "kernels/oblivious_row.h"

namespace sotto {
namespace {

// The likeliest tokens of a row, one pass over it for each, so that time does not tell where they
// are.
void FindTop(const float* row, size_t vocab, double log_sum, std::span<TokenLogprob> top) {
  const auto take = [&](const float* from, TokenLogprob& out) {
    const size_t id = ArgMaxRow(from, vocab);
    out = {.id = static_cast<int32_t>(id), .logprob = row[id] - log_sum};
    return id;
  };
  if (top.empty()) return;
  size_t last = take(row, top[0]);
  if (top.size() == 1) return;
  std::vector<float> rest(row, row + vocab);
  for (size_t k = 1; k < top.size(); ++k) {
    rest[last] = -std::numeric_limits<float>::infinity();
    last = take(rest.data(), top[k]);
  }
}

}  // namespace

Scores MakeScores(size_t tokens, size_t top_k) {
  Scores scores;
  scores.logprobs.assign(tokens, std::numeric_limits<double>::quiet_NaN());
  scores.top.resize(tokens * top_k);
  scores.top_k = top_k;
  return scores;
}

void ScorePositions(std::span<const int32_t> ids, size_t first_position,
                    ConstMatrixView<float> logits, Scores& scores, ScoreAccess access) {
  SOTTO_CHECK(first_position + logits.rows() <= ids.size());
  for (size_t r = 0; r < logits.rows(); ++r) {
    const size_t position = first_position + r;
    const float* row = logits.row(r);
    const double log_sum = LogSumExpRow(row, logits.cols());
    FindTop(row, logits.cols(), log_sum,
            std::span(scores.top).subspan(position * scores.top_k, scores.top_k));
    if (position + 1 == ids.size()) continue;
    const auto next = static_cast<size_t>(ids[position + 1]);
    const float logit =
        access == ScoreAccess::kDirect ? row[next] : ObliviousElement(row, logits.cols(), next);
    scores.logprobs[position + 1] = logit - log_sum;
  }
}

double SumLogprobs(const Scores& scores, size_t first, size_t end) {
  double sum = 0;
  for (size_t i = 1; i < scores.logprobs.size(); ++i) {
    sum += MaskNumber(scores.logprobs[i], LessMask(i, end) & ~LessMask(i, first));
  }
  return sum;
}

void Truncate(Scores& scores, size_t tokens) {
  scores.logprobs.resize(tokens);
  scores.top.resize(tokens * scores.top_k);
}

std::optional<double> Perplexity(double sum_logprobs, size_t count) {
  if (count == 0) return std::nullopt;
  return std::exp(-sum_logprobs / static_cast<double>(count));
}

std::optional<double> Scores::perplexity() const { return Perplexity(sum_logprob, tokens); }

}  // namespace sotto
