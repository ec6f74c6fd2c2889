#include "kernels/attention.h"

#include <algorithm>
#include <climits>

#include "base/check.h"
#include "kernels/attention_kernels.h"

namespace sotto {
namespace {

size_t GroupSize(const AttentionShape& shape) { return shape.num_heads / shape.num_kv_heads; }

size_t TilesPerHead(const AttentionPlan& plan, size_t rows) {
  return (rows * GroupSize(plan.shape) + plan.kernel->query_lanes - 1) / plan.kernel->query_lanes;
}

size_t FirstBlock(const KvInput& input) { return input.first_position / kKvBlock; }

size_t TouchedBlocks(const KvInput& input) {
  if (input.k.rows() == 0) return 0;
  return (input.first_position + input.k.rows() - 1) / kKvBlock - FirstBlock(input) + 1;
}

}  // namespace

const IsaTable<AttentionKernel>& AttentionTable() {
  static const IsaTable<AttentionKernel> table{&kPortableAttention, &kAvx2Attention,
                                               &kAvx512Attention, &kAvx512Bf16Attention,
                                               &kAmxAttention};
  return table;
}

AttentionPlan MakeAttentionPlan(const AttentionShape& shape, AttentionPrecision precision) {
  SOTTO_CHECK(shape.num_kv_heads >= 1 && shape.head_dim >= 1);
  SOTTO_CHECK(shape.num_heads >= 1 && shape.num_heads % shape.num_kv_heads == 0);
  AttentionPlan plan{shape, nullptr};
  for (const AttentionKernel* kernel : AttentionTable().runnable()) {
    if (!kernel->bf16 || precision == AttentionPrecision::kBf16) plan.kernel = kernel;
  }
  return plan;
}

size_t KvBlockBytes(const AttentionPlan& plan) {
  return plan.kernel->block_bytes(plan.shape.head_dim);
}

size_t AttentionScratchBytes(const AttentionPlan& plan) {
  return plan.kernel->scratch_bytes(plan.shape.head_dim);
}

size_t PackTaskCount(const AttentionPlan& plan, const KvInput& input) {
  return plan.shape.num_kv_heads * TouchedBlocks(input);
}

void PackKeysValues(const AttentionPlan& plan, size_t task, const KvInput& input,
                    const KvSequence& sequence, std::byte* scratch) {
  const size_t blocks = TouchedBlocks(input), head_dim = plan.shape.head_dim;
  const size_t head = task / blocks, block = FirstBlock(input) + task % blocks;
  SOTTO_CHECK(head < plan.shape.num_kv_heads && block >= sequence.shared_blocks);
  SOTTO_CHECK(block - sequence.shared_blocks < sequence.own.blocks_per_head);
  const size_t begin = std::max(input.first_position, block * kKvBlock);
  const size_t end = std::min(input.first_position + input.k.rows(), (block + 1) * kKvBlock);
  const size_t row = begin - input.first_position;
  PackBlockArgs args{};
  args.k = input.k.row(row) + head * head_dim;
  args.v = input.v.row(row) + head * head_dim;
  args.k_stride = input.k.stride();
  args.v_stride = input.v.stride();
  if (input.rope.cos.rows() > 0) {
    SOTTO_CHECK(head_dim % 2 == 0 && input.rope.cos.rows() >= end);
    args.cos = input.rope.cos.row(begin);
    args.sin = input.rope.sin.row(begin);
    args.rope_stride = input.rope.cos.stride();
  }
  args.first_row = begin - block * kKvBlock;
  args.rows = end - begin;
  args.head_dim = head_dim;
  args.block = sequence.own.Block(plan, head, block - sequence.shared_blocks);
  args.scratch = scratch;
  plan.kernel->pack(args);
}

size_t AttentionTaskCount(const AttentionPlan& plan, size_t rows) {
  return plan.shape.num_kv_heads * TilesPerHead(plan, rows);
}

void AttendTile(const AttentionPlan& plan, size_t task, const QueryInput& input,
                const KvSequence& sequence, std::byte* scratch, MatrixView<float> out) {
  const size_t group = GroupSize(plan.shape), head_dim = plan.shape.head_dim;
  // Heads vary fastest: neighbouring tasks cost the same.
  const size_t kv_head = task % plan.shape.num_kv_heads, tile = task / plan.shape.num_kv_heads;
  SOTTO_CHECK(tile < TilesPerHead(plan, input.q.rows()));
  SOTTO_CHECK(out.rows() == input.q.rows() && out.cols() == plan.shape.num_heads * head_dim);
  const size_t first = tile * plan.kernel->query_lanes;
  AttendTileArgs args;
  args.lanes = std::min(plan.kernel->query_lanes, input.q.rows() * group - first);
  args.head_dim = head_dim;
  args.scale = input.scale;
  SOTTO_CHECK(input.window.value_or(1) >= 1);
  args.window = static_cast<int>(std::min<size_t>(input.window.value_or(INT_MAX), INT_MAX));
  const bool rotate = input.rope.cos.rows() > 0;
  for (size_t lane = 0; lane < args.lanes; ++lane) {
    const size_t row = (first + lane) / group, head = kv_head * group + (first + lane) % group;
    const size_t position = input.first_position + row;
    if (rotate) SOTTO_CHECK(head_dim % 2 == 0 && position < input.rope.cos.rows());
    args.q[lane] = input.q.row(row) + head * head_dim;
    args.cos[lane] = rotate ? input.rope.cos.row(position) : nullptr;
    args.sin[lane] = rotate ? input.rope.sin.row(position) : nullptr;
    args.out[lane] = out.row(row) + head * head_dim;
    args.position[lane] = static_cast<int>(position);
  }
  args.shared = sequence.shared_blocks == 0 ? nullptr : sequence.shared.Block(plan, kv_head, 0);
  args.shared_blocks = sequence.shared_blocks;
  args.own = sequence.own.data == nullptr ? nullptr : sequence.own.Block(plan, kv_head, 0);
  args.scratch = scratch;
  plan.kernel->attend(args);
}

}  // namespace sotto
