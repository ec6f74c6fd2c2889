#include "cli/batch_logits.h"

#include <limits>
#include <utility>

#include "kernels/elementwise.h"
#include "kernels/oblivious_row.h"

namespace sotto {
namespace {

// All ones when a value is infinite or no number, else zero.
uint64_t NotFiniteMask(ConstMatrixView<float> row) {
  const bool finite = MaxMagnitudeRow(row.data(), row.cols()) <= std::numeric_limits<float>::max();
  return static_cast<uint64_t>(finite) - 1;
}

}  // namespace

BatchLogits::BatchLogits(const BatchRows& rows, const BatchMembers& members, const Options& options)
    : rows_(rows), members_(members), options_(options), ids_(IdsOf(members, rows.ids)) {
  for (size_t i = 0; i < members.size(); ++i) {
    if (options.padded_length > 0) ids_[i].resize(options.padded_length, 0);
    scores_.emplace_back(scored(i) ? ids_[i].size() : 0);
    not_finite_.emplace_back(options.mode == LogitsMode::kAll ? ids_[i].size() : 1, 0);
  }
}

bool BatchLogits::scored(size_t prompt) const {
  if (options_.mode == LogitsMode::kLast) return false;
  // Rows that only fill the batch repeat what others have said.
  return options_.padded_length > 0 || members_[prompt] < rows_.prompt_count;
}

void BatchLogits::Take(size_t prompt, size_t first_position, ConstMatrixView<float> logits) {
  const bool all = options_.mode == LogitsMode::kAll;
  const ScoreAccess access =
      options_.padded_length > 0 ? ScoreAccess::kOblivious : ScoreAccess::kDirect;
  // A row at a time, so that it is in cache when it is read again.
  for (size_t r = 0; r < logits.rows(); ++r) {
    const ConstMatrixView<float> row = logits.Rows(r, 1);
    const size_t position = first_position + r;
    not_finite_[prompt][all ? position : 0] = NotFiniteMask(row);
    if (scored(prompt)) ScorePositions(ids_[prompt], position, row, scores_[prompt], access);
  }
  if (options_.file != nullptr) options_.file->Write(members_[prompt], first_position, logits);
}

std::optional<BatchLogits::Place> BatchLogits::FirstNotFinite() const {
  const bool all = options_.mode == LogitsMode::kAll;
  for (size_t i = 0; i < members_.size(); ++i) {
    const size_t length = rows_.ids[members_[i]].size();
    for (size_t position = 0; position < not_finite_[i].size(); ++position) {
      if ((not_finite_[i][position] & LessMask(position, length)) == 0) continue;
      return Place{members_[i], all ? position : length - 1};
    }
  }
  return std::nullopt;
}

}  // namespace sotto
