#include "trusted/api/named_logprobs.h"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/oblivious_row.h"

namespace sotto {
namespace {

// From logits to log-probabilities among themselves.
void SubtractLogSum(std::vector<double>& values) {
  if (values.empty()) return;
  const double largest = *std::ranges::max_element(values);
  double sum = 0;  // In units of the largest.
  for (const double value : values) sum += std::exp(value - largest);
  for (double& value : values) value -= largest + std::log(sum);
}

}  // namespace

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

std::optional<ColumnLists> NamedColumns(size_t prompts, std::span<const NamedTokens> named) {
  ColumnLists columns(prompts);
  for (const NamedTokens& wanted : named) {
    if (wanted.among != NamedAmong::kNamed || wanted.ids.empty()) return std::nullopt;
    std::vector<int32_t>& list = columns[wanted.prompt];
    list.insert(list.end(), wanted.ids.begin(), wanted.ids.end());
  }
  if (named.empty()) return std::nullopt;
  return columns;
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
  const bool whole = std::ranges::any_of(wanted, [&](size_t i) { return NeedsWholeRow(i); });
  for (size_t r = 0; r < rows.rows(); ++r) {
    const double log_sum = whole ? LogSumExpRow(rows.row(r), rows.cols()) : 0;
    for (const size_t i : wanted) {
      Add(i, first_position + r, rows.Rows(r, 1), NeedsWholeRow(i) ? log_sum : 0, real);
    }
  }
}

std::vector<double> NamedLogprobs::TakeOne(size_t i) {
  std::vector<double> values = std::move(values_[i]);
  if (!NeedsWholeRow(i)) SubtractLogSum(values);
  return values;
}

std::vector<std::vector<double>> NamedLogprobs::TakeValues() {
  std::vector<std::vector<double>> values;
  for (size_t i = 0; i < values_.size(); ++i) values.push_back(TakeOne(i));
  return values;
}

std::vector<std::vector<double>> NamedLogprobs::TakeOfPrompt(size_t prompt) {
  std::vector<std::vector<double>> values;
  for (const size_t i : of_prompt_[prompt]) values.push_back(TakeOne(i));
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
