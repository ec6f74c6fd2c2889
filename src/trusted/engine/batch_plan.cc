#include "trusted/engine/batch_plan.h"

#include "kernels/oblivious_row.h"
#include "trusted/engine/prefix_groups.h"

namespace sotto {
namespace {

// Appends positions [first, first + count) of a prompt as a segment; returns its index.
size_t AppendSegment(BatchPlan& plan, const std::vector<int32_t>& ids, size_t first, size_t count,
                     std::optional<size_t> prefix) {
  plan.segments.push_back({plan.rows(), count, first, prefix});
  plan.row_ids.insert(plan.row_ids.end(), ids.begin() + first, ids.begin() + first + count);
  return plan.segments.size() - 1;
}

}  // namespace

size_t BatchPlan::RowOf(size_t prompt, size_t position) const {
  const Segment* segment = &segments[prompt_segment[prompt]];
  if (position < segment->first_position) segment = &segments[*segment->prefix];
  return segment->first_row + position - segment->first_position;
}

BatchPlan PackedPlan(std::span<const std::vector<int32_t>> prompts,
                     std::span<const size_t> owners) {
  BatchPlan plan;
  plan.prompt_segment.resize(prompts.size());
  for (const std::vector<int32_t>& prompt : prompts) plan.prompt_length.push_back(prompt.size());
  plan.delivered_length = plan.prompt_length;
  for (const PrefixGroup& group : GroupByPrefix(prompts, kMinSharedPositions, owners)) {
    const size_t shared = group.shared_positions;
    std::optional<size_t> prefix;
    if (shared > 0) {
      prefix = AppendSegment(plan, prompts[group.prompts.front()], 0, shared, std::nullopt);
    }
    for (size_t prompt : group.prompts) {
      const std::vector<int32_t>& ids = prompts[prompt];
      plan.prompt_segment[prompt] = AppendSegment(plan, ids, shared, ids.size() - shared, prefix);
    }
  }
  return plan;
}

BatchPlan FixedShapePlan(std::span<const std::vector<int32_t>> prompts, size_t batch_size,
                         size_t prefill_length) {
  BatchPlan plan;
  for (size_t i = 0; i < batch_size; ++i) {
    std::vector<int32_t> ids = i < prompts.size() ? prompts[i] : std::vector<int32_t>(1, 0);
    const size_t length = ids.size();
    ids.resize(prefill_length, 0);
    plan.prompt_segment.push_back(AppendSegment(plan, ids, 0, prefill_length, std::nullopt));
    plan.prompt_length.push_back(length);
    plan.delivered_length.push_back(prefill_length);
    for (size_t position = 0; position < prefill_length; ++position) {
      plan.row_masks.push_back(LessMask(position, length));
    }
  }
  return plan;
}

}  // namespace sotto
