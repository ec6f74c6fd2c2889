#include "enclave/prefill/logits.h"

#include <algorithm>
#include <cstring>

#include "kernels/oblivious_row.h"

namespace sotto {
namespace {

// Rows that the sink gets in one call.
constexpr size_t kSinkRows = 16;

// Logits of rows of x, in lane.logits. x.rows() <= lane.logits.rows().
absl::Status ComputeLogits(const Model& model, ConstMatrixView<float> x, Lane& lane) {
  const LinearInput input{x, model.norms->final.data(),
                          static_cast<float>(model.config->rms_norm_eps), lane.linear_workspace};
  return model.linear->Apply({LinearKind::kLmHead, 0}, input, LinearTail::kStore,
                             lane.logits.Rows(0, x.rows()), lane.pool);
}

// Delivers those of rows [begin, end) that hold positions of `prompt` in `segment`.
// `logits` row 0 is row `block_begin` of the batch.
void DeliverRows(const BatchPlan& plan, size_t prompt, const Segment& segment, size_t begin,
                 size_t end, size_t block_begin, ConstMatrixView<float> logits, LogitsSink sink) {
  // A shared prefix may be longer than what belongs to its segment's user: positions count.
  const size_t delivered_end =
      segment.first_row +
      std::min(segment.rows, plan.delivered_length[prompt] - segment.first_position);
  const size_t first = std::max(begin, segment.first_row);
  const size_t last = std::min(end, delivered_end);
  if (first >= last) return;
  sink(prompt, segment.first_position + first - segment.first_row,
       logits.Rows(first - block_begin, last - first));
}

// y = the prompt's last real row of x.
void CopyLastRow(const BatchPlan& plan, size_t prompt, ConstMatrixView<float> x, float* y) {
  const size_t last = plan.prompt_length[prompt] - 1;
  if (plan.fixed_shape()) {
    const Segment& segment = plan.segments[plan.prompt_segment[prompt]];
    return ObliviousRow(x.Rows(segment.first_row, segment.rows), last, y);
  }
  std::memcpy(y, x.row(plan.RowOf(prompt, last)), x.cols() * sizeof(float));
}

}  // namespace

absl::Status DeliverAllLogits(const Model& model, const BatchPlan& plan, ConstMatrixView<float> x,
                              Lane& lane, LogitsSink sink) {
  for (size_t begin = 0; begin < x.rows(); begin += lane.logits.rows()) {
    const size_t rows = std::min(lane.logits.rows(), x.rows() - begin);
    SOTTO_RETURN_IF_ERROR(ComputeLogits(model, x.Rows(begin, rows), lane));
    lane.pool.ParallelFor((rows + kSinkRows - 1) / kSinkRows, [&](size_t task, int) {
      const size_t first = begin + task * kSinkRows;
      const size_t end = std::min(begin + rows, first + kSinkRows);
      for (size_t prompt = 0; prompt < plan.prompt_segment.size(); ++prompt) {
        const Segment& own = plan.segments[plan.prompt_segment[prompt]];
        DeliverRows(plan, prompt, own, first, end, begin, lane.logits, sink);
        if (!own.prefix.has_value()) continue;
        DeliverRows(plan, prompt, plan.segments[*own.prefix], first, end, begin, lane.logits, sink);
      }
    });
  }
  return absl::OkStatus();
}

absl::Status DeliverLastLogits(const Model& model, const BatchPlan& plan, ConstMatrixView<float> x,
                               Lane& lane, LogitsSink sink) {
  const size_t prompts = plan.prompt_length.size();
  for (size_t begin = 0; begin < prompts; begin += lane.logits.rows()) {
    const size_t count = std::min(lane.logits.rows(), prompts - begin);
    lane.pool.ParallelFor(
        count, [&](size_t i, int) { CopyLastRow(plan, begin + i, x, lane.last_rows.row(i)); });
    SOTTO_RETURN_IF_ERROR(ComputeLogits(model, lane.last_rows.Rows(0, count), lane));
    lane.pool.ParallelFor(count, [&](size_t i, int) {
      sink(begin + i, plan.prompt_length[begin + i] - 1, lane.logits.Rows(i, 1));
    });
  }
  return absl::OkStatus();
}

}  // namespace sotto
