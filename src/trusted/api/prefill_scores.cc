// Prefill::Score and Prefill::LogprobsOf.
#include <algorithm>
#include <mutex>
#include <utility>

#include "kernels/elementwise.h"
#include "kernels/oblivious_row.h"
#include "sotto/prefill.h"
#include "trusted/api/prefill_impl.h"
#include "trusted/api/prompt_checks.h"

namespace sotto {
namespace {

using PositionLists = std::vector<std::vector<size_t>>;

// What predicts tokens [first, n) of each prompt.
PositionLists PositionsBefore(TokenPrompts prompts, const std::vector<size_t>& first_tokens) {
  PositionLists positions(prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    for (size_t token = first_tokens[i]; token < prompts[i].size(); ++token) {
      positions[i].push_back(token - 1);
    }
  }
  return positions;
}

PositionLists NamedPositions(size_t prompts, std::span<const NamedTokens> named) {
  PositionLists positions(prompts);
  for (const NamedTokens& wanted : named) positions[wanted.prompt].push_back(wanted.position);
  for (std::vector<size_t>& list : positions) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return positions;
}

// Takes the rows of all named positions; where padding is computed, every row of a prompt counts
// the same for all its named tokens, and a mask says which it was.
class NamedLogprobs {
 public:
  NamedLogprobs(size_t prompts, std::span<const NamedTokens> named, bool oblivious)
      : named_(named), oblivious_(oblivious), of_prompt_(prompts), values_(named.size()) {
    for (size_t i = 0; i < named.size(); ++i) {
      of_prompt_[named[i].prompt].push_back(i);
      values_[i].assign(named[i].ids.size(), 0.0);
    }
  }

  void Take(size_t prompt, size_t first_position, ConstMatrixView<float> rows) {
    // What fills the last batch repeats the first prompts; it gets the same work, for nothing.
    const uint64_t real = LessMask(prompt, of_prompt_.size());
    for (size_t r = 0; r < rows.rows(); ++r) {
      const double log_sum = LogSumExpRow(rows.row(r), rows.cols());
      for (const size_t i : of_prompt_[prompt % of_prompt_.size()]) {
        Add(i, first_position + r, rows.Rows(r, 1), log_sum, real);
      }
    }
  }
  std::vector<std::vector<double>> TakeValues() { return std::move(values_); }

 private:
  void Add(size_t i, size_t position, ConstMatrixView<float> row, double log_sum, uint64_t real) {
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
      const double value = ObliviousElement(row.data(), row.cols(), id) - log_sum;
      Merge(i, k, value, mask);
    }
  }

  void Merge(size_t i, size_t k, double value, uint64_t mask) {
    const std::lock_guard lock(mutex_);
    values_[i][k] = MaskNumber(values_[i][k], ~mask) + MaskNumber(value, mask);
  }

  const std::span<const NamedTokens> named_;
  const bool oblivious_;
  std::vector<std::vector<size_t>> of_prompt_;  // Indices into named_.
  std::mutex mutex_;                            // Guards values_ where all rows write all of them.
  std::vector<std::vector<double>> values_;
};

}  // namespace

absl::StatusOr<std::vector<Scores>> Prefill::Score(TokenPrompts prompts,
                                                   const ScoreOptions& options,
                                                   const RunControl& control) {
  SOTTO_RETURN_IF_ERROR(CheckScoreOptions(prompts, options, impl_->model.info().vocab_size));
  std::vector<Scores> all(prompts.size());
  PositionLists positions;
  PassRequest request{.score = &options, .scores = [&](size_t prompt, Scores scores) {
                        all[prompt] = std::move(scores);
                        return absl::OkStatus();
                      }};
  // A fixed shape computes all positions, and leaves out by a mask.
  if (!options.first_tokens.empty() && !impl_->options.pad_compute) {
    positions = PositionsBefore(prompts, options.first_tokens);
    request.positions = &positions;
  }
  SOTTO_RETURN_IF_ERROR(impl_->Run(prompts, request, control).status());
  return all;
}

absl::StatusOr<std::vector<std::vector<double>>> Prefill::LogprobsOf(
    TokenPrompts prompts, std::span<const NamedTokens> named, const RunControl& control) {
  SOTTO_RETURN_IF_ERROR(CheckNamedTokens(prompts, named, impl_->model.info().vocab_size));
  const bool padded = impl_->options.pad_compute;
  NamedLogprobs logprobs(prompts.size(), named, padded);
  const PositionLists positions = NamedPositions(prompts.size(), named);
  PassRequest request{.positions = padded ? nullptr : &positions,
                      .rows = [&](size_t prompt, size_t position, ConstMatrixView<float> rows) {
                        logprobs.Take(prompt, position, rows);
                      }};
  SOTTO_RETURN_IF_ERROR(impl_->Run(prompts, request, control).status());
  return logprobs.TakeValues();
}

}  // namespace sotto
