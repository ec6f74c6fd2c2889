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

float ElementOf(const float* row, size_t vocab, size_t id, ScoreAccess access) {
  return access == ScoreAccess::kDirect ? row[id] : ObliviousElement(row, vocab, id);
}

// The likeliest token of a row is not to be found again.
void TakeOut(std::vector<float>& row, size_t id, ScoreAccess access) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  if (access == ScoreAccess::kDirect) {
    row[id] = kNever;
  } else {
    ObliviousSetElement(row.data(), row.size(), id, kNever);
  }
}

// The likeliest tokens of a row, one pass over it for each, so that time does not tell where they
// are.
void FindTop(const float* row, size_t vocab, double log_sum, std::span<TokenLogprob> top,
             ScoreAccess access) {
  std::vector<float> rest;
  for (size_t k = 0; k < top.size(); ++k) {
    if (k == 1) rest.assign(row, row + vocab);
    if (k > 0) TakeOut(rest, static_cast<size_t>(top[k - 1].id), access);
    const size_t id = ArgMaxRow(k == 0 ? row : rest.data(), vocab);
    top[k] = {.id = static_cast<int32_t>(id),
              .logprob = ElementOf(row, vocab, id, access) - log_sum};
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
            std::span(scores.top).subspan(position * scores.top_k, scores.top_k), access);
    if (position + 1 == ids.size()) continue;
    const auto next = static_cast<size_t>(ids[position + 1]);
    const float logit = ElementOf(row, logits.cols(), next, access);
    scores.logprobs[position + 1] = logit - log_sum;
    if (scores.ranks.empty()) continue;
    scores.ranks[position + 1] =
        static_cast<int32_t>(CountBefore(row, logits.cols(), next, logit)) + 1;
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
  if (!scores.ranks.empty()) scores.ranks.resize(tokens);
  scores.top.resize(tokens * scores.top_k);
}

std::optional<double> Perplexity(double sum_logprobs, size_t count) {
  if (count == 0) return std::nullopt;
  return std::exp(-sum_logprobs / static_cast<double>(count));
}

bool Scores::IsGreedy(std::span<const int32_t> ids, size_t first) const {
  SOTTO_CHECK(first >= 1 && top_k >= 1 && ids.size() * top_k <= top.size());
  for (size_t i = first; i < ids.size(); ++i) {
    if (top_after(i - 1)[0].id != ids[i]) return false;
  }
  return true;
}

std::optional<double> Scores::perplexity() const { return Perplexity(sum_logprob, tokens); }

}  // namespace sotto
