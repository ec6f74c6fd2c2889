// How a batch of prompts becomes packed rows: no row for padding, and one copy of a prefix that
// several prompts share. Sharing depends on the prompts' contents, so the time a batch takes tells
// how much of it was equal; FixedShapePlan() tells nothing.
#ifndef SOTTO_TRUSTED_ENGINE_BATCH_PLAN_H_
#define SOTTO_TRUSTED_ENGINE_BATCH_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sotto {

// Consecutive positions of a prompt (or of the common prefix of several) in consecutive rows.
struct Segment {
  size_t first_row = 0;
  size_t rows = 0;               // May be 0: a prompt that is the shared prefix and no more.
  size_t first_position = 0;     // 0, or where the shared prefix ends.
  std::optional<size_t> prefix;  // The segment with positions [0, first_position).

  size_t end_row() const { return first_row + rows; }
};

struct BatchPlan {
  std::vector<Segment> segments;       // By rising first_row; a prefix stands before its users.
  std::vector<size_t> prompt_segment;  // Of each prompt: the segment with its last positions.
  std::vector<size_t> prompt_length;   // Real positions of each prompt.
  // Positions of each prompt whose logits are delivered: the real ones; in a fixed shape all.
  std::vector<size_t> delivered_length;
  std::vector<int32_t> row_ids;  // Token id of each row.
  // Of each row of a fixed shape: all ones for a real position, zero for padding. Else empty.
  std::vector<uint64_t> row_masks;

  size_t rows() const { return row_ids.size(); }
  // Whether nothing but prompt_length, row_ids and row_masks may depend on the prompts, nor any
  // branch or address on those.
  bool fixed_shape() const { return !row_masks.empty(); }
  // The row that holds a position of a prompt.
  size_t RowOf(size_t prompt, size_t position) const;
};

// Shorter common prefixes are computed by each prompt: sharing pays from one block of keys on.
inline constexpr size_t kMinSharedPositions = 64;

// Rows for the real positions only; common prefixes once (one level: a prompt has one prefix), but
// not across `owners` (prefix_groups.h).
BatchPlan PackedPlan(std::span<const std::vector<int32_t>> prompts,
                     std::span<const size_t> owners = {});

// batch_size prompts of prefill_length rows whatever the prompts: padding rows carry id 0, and
// absent prompts are such of a single id 0.
BatchPlan FixedShapePlan(std::span<const std::vector<int32_t>> prompts, size_t batch_size,
                         size_t prefill_length);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_BATCH_PLAN_H_
