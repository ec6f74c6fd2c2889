#include "cli/token_scores.h"

#include <cmath>
#include <numeric>

#include "base/check.h"
#include "kernels/elementwise.h"

namespace sotto {

void ScorePositions(std::span<const int32_t> ids, size_t first_position,
                    ConstMatrixView<float> logits, TokenScores& scores) {
  SOTTO_CHECK(first_position + logits.rows() <= ids.size());
  for (size_t r = 0; r < logits.rows(); ++r) {
    const size_t position = first_position + r;
    const float* row = logits.row(r);
    const double log_sum = LogSumExpRow(row, logits.cols());
    const size_t top = ArgMaxRow(row, logits.cols());
    scores.top_ids[position] = static_cast<int32_t>(top);
    scores.top_logprobs[position] = row[top] - log_sum;
    if (position + 1 == ids.size()) continue;
    scores.logprobs[position + 1] = row[ids[position + 1]] - log_sum;
  }
}

double SumLogprobs(const TokenScores& scores) {
  return std::accumulate(scores.logprobs.begin() + 1, scores.logprobs.end(), 0.0);
}

std::optional<double> Perplexity(const TokenScores& scores) {
  const size_t scored = scores.logprobs.size() - 1;
  if (scored == 0) return std::nullopt;
  return std::exp(-SumLogprobs(scores) / static_cast<double>(scored));
}

}  // namespace sotto
