#include "trusted/engine/logits.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/strings.h"
#include "kernels/elementwise.h"
#include "kernels/oblivious_row.h"

namespace sotto {
namespace {

// Rows that the sink gets in one call.
constexpr size_t kSinkRows = 16;

// Logits of rows of x, in lane.logits; of some columns, or all. x.rows() <= lane.logits.rows().
absl::Status ComputeLogits(const DecoderParts& model, ConstMatrixView<float> x, Lane& lane,
                           std::span<const size_t> columns = {}) {
  SOTTO_RETURN_IF_ERROR(BetweenSteps(model));
  const LinearInput input{x, model.norms->final.data(),
                          static_cast<float>(model.config->final_norm_eps), lane.linear_workspace};
  const LinearLayer lm_head{LinearKind::kLmHead, 0};
  const MatrixView<float> y = lane.logits.Rows(0, x.rows());
  if (!columns.empty()) return model.linear->ApplyColumns(lm_head, input, columns, y, lane.pool);
  return model.linear->Apply(lm_head, input, LinearTail::kStore, y, lane.pool);
}

// Delivers those of rows [begin, end) that hold positions of `prompt` in `segment`.
// `values` row 0 is row `block_begin` of the batch.
void DeliverRows(const BatchPlan& plan, size_t prompt, const Segment& segment, size_t begin,
                 size_t end, size_t block_begin, ConstMatrixView<float> values, LogitsSink sink) {
  // A shared prefix may be longer than what belongs to its segment's user: positions count.
  const size_t delivered_end =
      segment.first_row +
      std::min(segment.rows, plan.delivered_length[prompt] - segment.first_position);
  const size_t first = std::max(begin, segment.first_row);
  const size_t last = std::min(end, delivered_end);
  if (first >= last) return;
  sink(prompt, segment.first_position + first - segment.first_row,
       values.Rows(first - block_begin, last - first));
}

// Delivers a block of the batch's rows, from `begin` on, to each prompt that has a part in it.
void DeliverBlock(const BatchPlan& plan, size_t begin, ConstMatrixView<float> values, Lane& lane,
                  LogitsSink sink) {
  lane.pool.ParallelFor((values.rows() + kSinkRows - 1) / kSinkRows, [&](size_t task, int) {
    const size_t first = begin + task * kSinkRows;
    const size_t end = std::min(begin + values.rows(), first + kSinkRows);
    for (size_t prompt = 0; prompt < plan.prompt_segment.size(); ++prompt) {
      const Segment& own = plan.segments[plan.prompt_segment[prompt]];
      DeliverRows(plan, prompt, own, first, end, begin, values, sink);
      if (!own.prefix.has_value()) continue;
      DeliverRows(plan, prompt, plan.segments[*own.prefix], first, end, begin, values, sink);
    }
  });
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

std::string_view WhatHeadComputes(HeadKind head) {
  switch (head) {
    case HeadKind::kLmHead:
      return "logits, scores (score) and embeddings (embed)";
    case HeadKind::kClassifier:
      return "labels (classify) and embeddings (embed)";
    case HeadKind::kNone:
      return "embeddings (embed)";
  }
  SOTTO_CHECK(false && "unknown HeadKind");
}

absl::Status CheckHasLogits(const ModelSpec& config) {
  if (config.has_lm_head()) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat("the model is a ", config.architecture,
                                              ", which has no lm_head and so no logits, but ",
                                              WhatHeadComputes(config.head.kind)));
}

absl::Status DeliverAllLogits(const DecoderParts& model, const BatchPlan& plan,
                              ConstMatrixView<float> x, Lane& lane, LogitsSink sink) {
  for (size_t begin = 0; begin < x.rows(); begin += lane.logits.rows()) {
    const size_t rows = std::min(lane.logits.rows(), x.rows() - begin);
    SOTTO_RETURN_IF_ERROR(ComputeLogits(model, x.Rows(begin, rows), lane));
    DeliverBlock(plan, begin, ConstMatrixView<float>(lane.logits).Rows(0, rows), lane, sink);
  }
  return absl::OkStatus();
}

absl::Status DeliverLastLogits(const DecoderParts& model, const BatchPlan& plan,
                               ConstMatrixView<float> x, Lane& lane, LogitsSink sink) {
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

absl::Status DeliverLogitsAt(const DecoderParts& model, const BatchPlan& plan,
                             const ChosenLogits& chosen, ConstMatrixView<float> x, Lane& lane,
                             LogitsSink sink) {
  struct Place {
    size_t prompt, position;
  };
  std::vector<Place> places;
  for (size_t prompt = 0; prompt < chosen.positions.size(); ++prompt) {
    for (const size_t position : chosen.positions[prompt]) places.push_back({prompt, position});
  }
  for (size_t begin = 0; begin < places.size(); begin += lane.logits.rows()) {
    const size_t count = std::min(lane.logits.rows(), places.size() - begin);
    lane.pool.ParallelFor(count, [&](size_t i, int) {
      const Place& place = places[begin + i];
      std::memcpy(lane.last_rows.row(i), x.row(plan.RowOf(place.prompt, place.position)),
                  x.cols() * sizeof(float));
    });
    SOTTO_RETURN_IF_ERROR(
        ComputeLogits(model, lane.last_rows.Rows(0, count), lane, chosen.columns));
    lane.pool.ParallelFor(count, [&](size_t i, int) {
      const Place& place = places[begin + i];
      sink(place.prompt, place.position, lane.logits.Rows(i, 1));
    });
  }
  return absl::OkStatus();
}

absl::Status DeliverHiddenStates(const DecoderParts& model, const BatchPlan& plan,
                                 ConstMatrixView<float> x, Lane& lane, LogitsSink sink) {
  const float eps = static_cast<float>(model.config->final_norm_eps);
  for (size_t begin = 0; begin < x.rows(); begin += lane.last_rows.rows()) {
    SOTTO_RETURN_IF_ERROR(BetweenSteps(model));
    const size_t rows = std::min(lane.last_rows.rows(), x.rows() - begin);
    lane.pool.ParallelFor(rows, [&](size_t i, int) {
      RmsNormRow(x.row(begin + i), model.norms->final.data(), x.cols(), eps, lane.last_rows.row(i));
    });
    DeliverBlock(plan, begin, ConstMatrixView<float>(lane.last_rows).Rows(0, rows), lane, sink);
  }
  return absl::OkStatus();
}

}  // namespace sotto
