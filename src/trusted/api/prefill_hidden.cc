// Prefill::HiddenStates.
#include <algorithm>
#include <utility>

#include "base/matrix.h"
#include "kernels/oblivious_row.h"
#include "sotto/prefill.h"
#include "trusted/api/option_checks.h"
#include "trusted/api/prefill_impl.h"

namespace sotto {
namespace {

// Rows [length, hidden] of a prompt, padding behind them perhaps, to what was asked for. No branch
// and no address depends on `length` but for kNone, whose result has that many rows.
Hidden Pooled(ConstMatrixView<float> rows, size_t length, Pooling pooling) {
  const size_t width = rows.cols();
  if (pooling == Pooling::kNone) {
    return {length, width, {rows.data(), rows.data() + length * width}};
  }
  Hidden pooled{1, width, std::vector<float>(width)};
  if (pooling == Pooling::kLast) {
    ObliviousRow(rows, length - 1, pooled.values.data());
    return pooled;
  }
  std::vector<double> sum(width, 0.0);
  for (size_t i = 0; i < rows.rows(); ++i) {
    const uint64_t mask = LessMask(i, length);
    for (size_t j = 0; j < width; ++j) sum[j] += MaskNumber(rows(i, j), mask);
  }
  for (size_t j = 0; j < width; ++j) {
    pooled.values[j] = static_cast<float>(sum[j] / static_cast<double>(length));
  }
  return pooled;
}

}  // namespace

absl::StatusOr<std::vector<Hidden>> Prefill::HiddenStates(TokenPrompts prompts, Pooling pooling,
                                                          const RunControl& control) {
  SOTTO_RETURN_IF_ERROR(CheckEnum("pooling", pooling, Pooling::kNone));
  const size_t width = impl_->model.info().hidden_size;
  // What fills the last batch, where padding is computed, is treated alike, for nothing.
  const size_t batch_size = impl_->options.pad_compute ? impl_->options.batch_size : 1;
  const size_t slots = (prompts.size() + batch_size - 1) / batch_size * batch_size;
  std::vector<Matrix<float>> rows(slots);  // Of the batch under way.
  std::vector<Hidden> all(slots);
  PassRequest request{.hidden_states = true};
  request.batch_begins = [&](const BatchMembers& members) {
    for (const size_t slot : members) {
      rows[slot] = Matrix<float>(impl_->RowsOf(prompts[slot % prompts.size()]), width);
    }
  };
  request.rows = [&](size_t slot, size_t position, ConstMatrixView<float> part) {
    std::copy_n(part.data(), part.rows() * width, rows[slot].view().row(position));
  };
  request.batch_done = [&](const BatchMembers& members) {
    for (const size_t slot : members) {
      all[slot] = Pooled(rows[slot].view(), prompts[slot % prompts.size()].size(), pooling);
      rows[slot] = Matrix<float>();
    }
    return absl::OkStatus();
  };
  SOTTO_RETURN_IF_ERROR(impl_->Run(prompts, request, control).status());
  all.resize(prompts.size());
  return all;
}

}  // namespace sotto
