#include "trusted/api/batch_outputs.h"

#include <cmath>
#include <limits>
#include <utility>

#include "kernels/elementwise.h"
#include "kernels/oblivious_row.h"
#include "trusted/api/token_scores.h"

namespace sotto {
namespace {

// All ones when a value is infinite or no number, else zero. `columns`: those that are looked at;
// empty: all.
uint64_t NotFiniteMask(ConstMatrixView<float> row, std::span<const size_t> columns) {
  bool finite = MaxMagnitudeRow(row.data(), columns.empty() ? row.cols() : 0) <=
                std::numeric_limits<float>::max();
  for (const size_t column : columns) finite &= std::isfinite(row(0, column));
  return static_cast<uint64_t>(finite) - 1;
}

}  // namespace

BatchOutputs::BatchOutputs(std::span<const std::vector<int32_t>> prompts,
                           const BatchMembers& members, const Options& options)
    : prompts_(prompts), members_(members), options_(options), ids_(IdsOf(members, prompts)) {
  for (size_t i = 0; i < members.size(); ++i) {
    if (options.padded_length > 0) ids_[i].resize(options.padded_length, 0);
    scores_.push_back(options.score ? MakeScores(ids_[i].size(), options.top_k) : Scores());
    if (options.score && options.ranks) scores_.back().ranks.assign(ids_[i].size(), 0);
    not_finite_.emplace_back(options.mode == LogitsMode::kAll ? ids_[i].size() : 1, 0);
  }
}

void BatchOutputs::Take(size_t prompt, size_t first_position, ConstMatrixView<float> rows) {
  const bool all = options_.mode == LogitsMode::kAll;
  const ScoreAccess access =
      options_.padded_length > 0 ? ScoreAccess::kOblivious : ScoreAccess::kDirect;
  // A row at a time, so that it is in cache when it is read again.
  for (size_t r = 0; r < rows.rows(); ++r) {
    const ConstMatrixView<float> row = rows.Rows(r, 1);
    const size_t position = first_position + r;
    not_finite_[prompt][all ? position : 0] = NotFiniteMask(row, options_.columns);
    if (!options_.score || !options_.columns.empty()) continue;
    ScorePositions(ids_[prompt], position, row, scores_[prompt], access);
  }
  if (options_.consumer) options_.consumer(members_[prompt], first_position, rows);
}

std::optional<BatchOutputs::Place> BatchOutputs::FirstNotFinite() const {
  const bool all = options_.mode == LogitsMode::kAll;
  for (size_t i = 0; i < members_.size(); ++i) {
    const size_t length = prompts_[members_[i]].size();
    for (size_t position = 0; position < not_finite_[i].size(); ++position) {
      if ((not_finite_[i][position] & LessMask(position, length)) == 0) continue;
      return Place{members_[i], all ? position : length - 1};
    }
  }
  return std::nullopt;
}

}  // namespace sotto
