#include "trusted/api/named_logprobs.h"

#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/oblivious_row.h"

namespace sotto {

PositionLists WantedPositions(TokenPrompts prompts, std::span<const size_t> first_tokens,
                              std::span<const NamedTokens> named) {
  PositionLists positions(prompts.size());
  for (size_t i = 0; i < first_tokens.size(); ++i) {
    for (size_t token = first_tokens[i]; token < prompts[i].size(); ++token) {
      positions[i].push_back(token - 1);
    }
  }
  for (const NamedTokens& wanted : named) positions[wanted.prompt].push_back(wanted.position);
  for (std::vector<size_t>& list : positions) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return positions;
}

NamedLogprobs::NamedLogprobs(size_t prompts, std::span<const NamedTokens> named, bool oblivious)
    : named_(named), oblivious_(oblivious), of_prompt_(prompts), values_(named.size()) {
  for (size_t i = 0; i < named.size(); ++i) {
    of_prompt_[named[i].prompt].push_back(i);
    values_[i].assign(named[i].ids.size(), 0.0);
  }
}

void NamedLogprobs::Take(size_t prompt, size_t first_position, ConstMatrixView<float> rows) {
  const std::vector<size_t>& wanted = of_prompt_[prompt % of_prompt_.size()];
  if (wanted.empty()) return;
  // What fills the last batch repeats the first prompts; it gets the same work, for nothing.
  const uint64_t real = LessMask(prompt, of_prompt_.size());
  for (size_t r = 0; r < rows.rows(); ++r) {
    const double log_sum = LogSumExpRow(rows.row(r), rows.cols());
    for (const size_t i : wanted) Add(i, first_position + r, rows.Rows(r, 1), log_sum, real);
  }
}

std::vector<std::vector<double>> NamedLogprobs::TakeOfPrompt(size_t prompt) {
  std::vector<std::vector<double>> values;
  for (const size_t i : of_prompt_[prompt]) values.push_back(std::move(values_[i]));
  return values;
}

void NamedLogprobs::Add(size_t i, size_t position, ConstMatrixView<float> row, double log_sum,
                        uint64_t real) {
  const NamedTokens& wanted = named_[i];
  if (!oblivious_) {
    if (position != wanted.position) return;
    for (size_t k = 0; k < wanted.ids.size(); ++k) {
      values_[i][k] = row(0, static_cast<size_t>(wanted.ids[k])) - log_sum;
    }
    return;
  }
  const uint64_t mask =
      real & ~(LessMask(position, wanted.position) | LessMask(wanted.position, position));
  for (size_t k = 0; k < wanted.ids.size(); ++k) {
    const auto id = static_cast<size_t>(wanted.ids[k]);
    Merge(i, k, ObliviousElement(row.data(), row.cols(), id) - log_sum, mask);
  }
}

void NamedLogprobs::Merge(size_t i, size_t k, double value, uint64_t mask) {
  const std::lock_guard lock(mutex_);
  values_[i][k] = MaskNumber(values_[i][k], ~mask) + MaskNumber(value, mask);
}

}  // namespace sotto
