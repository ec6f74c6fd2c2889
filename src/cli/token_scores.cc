#include "cli/token_scores.h"

#include <cmath>
#include <numeric>

#include "base/check.h"
#include "kernels/elementwise.h"
#include "kernels/oblivious_row.h"

namespace sotto {

void ScorePositions(std::span<const int32_t> ids, size_t first_position,
                    ConstMatrixView<float> logits, TokenScores& scores, ScoreAccess access) {
  SOTTO_CHECK(first_position + logits.rows() <= ids.size());
  for (size_t r = 0; r < logits.rows(); ++r) {
    const size_t position = first_position + r;
    const float* row = logits.row(r);
    const double log_sum = LogSumExpRow(row, logits.cols());
    const size_t top = ArgMaxRow(row, logits.cols());
    scores.top_ids[position] = static_cast<int32_t>(top);
    scores.top_logprobs[position] = row[top] - log_sum;
    if (position + 1 == ids.size()) continue;
    const auto next = static_cast<size_t>(ids[position + 1]);
    const float logit =
        access == ScoreAccess::kDirect ? row[next] : ObliviousElement(row, logits.cols(), next);
    scores.logprobs[position + 1] = logit - log_sum;
  }
}

double SumLogprobs(const TokenScores& scores) {
  return std::accumulate(scores.logprobs.begin() + 1, scores.logprobs.end(), 0.0);
}

double SumLogprobsMasked(const TokenScores& scores, size_t tokens) {
  double sum = 0;
  for (size_t i = 1; i < scores.logprobs.size(); ++i) {
    sum += MaskNumber(scores.logprobs[i], LessMask(i, tokens));
  }
  return sum;
}

void Truncate(TokenScores& scores, size_t tokens) {
  scores.logprobs.resize(tokens);
  scores.top_ids.resize(tokens);
  scores.top_logprobs.resize(tokens);
}

std::optional<double> Perplexity(double sum_logprobs, size_t tokens) {
  if (tokens < 2) return std::nullopt;
  return std::exp(-sum_logprobs / static_cast<double>(tokens - 1));
}

std::optional<double> Perplexity(const TokenScores& scores) {
  return Perplexity(SumLogprobs(scores), scores.logprobs.size());
}

}  // namespace sotto
