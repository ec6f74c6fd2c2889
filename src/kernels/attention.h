// Causal grouped-query attention, tiled, with the online softmax of FlashAttention (Dao et al.
// 2022): time and memory are linear in what the mask leaves, no [L, L] matrix exists.
//
// Two steps, each a set of independent tasks for the caller's pool:
//   1. PackKeysValues: keys are rotated (RoPE), keys and values converted and laid out in blocks of
//      kKvBlock positions, the form in which step 2 reads them. The blocks of a layer are all that
//      is kept of its keys and values.
//   2. AttendTile: rotates a tile of queries and computes its outputs. Query heads that share a KV
//      head are computed together, so each block is read once for all of them.
// A query's result depends on that query and the keys it sees alone, to the bit: blocks are visited
// in order from the first it sees, others leave no trace, whatever else is in the tile, wherever
// the rows start, whichever thread works. Nothing allocates. Which keys are touched depends on
// lengths only, never on values.
#ifndef SOTTO_KERNELS_ATTENTION_H_
#define SOTTO_KERNELS_ATTENTION_H_

#include <cstddef>
#include <optional>

#include "base/matrix.h"
#include "kernels/rope.h"
#include "sotto/precision.h"

namespace sotto {

inline constexpr size_t kKvBlock = 64;  // Positions a block.

struct AttentionShape {
  size_t num_heads = 0;     // Query heads; a multiple of num_kv_heads.
  size_t num_kv_heads = 0;  // >= 1
  size_t head_dim = 0;      // >= 1; even where a RopeTable is given.
};

struct AttentionKernel;  // One instruction set's implementation (attention_kernels.h).

// The shape with the implementation this CPU runs best. A value; copy it freely.
struct AttentionPlan {
  AttentionShape shape;
  const AttentionKernel* kernel = nullptr;
};
AttentionPlan MakeAttentionPlan(const AttentionShape& shape, AttentionPrecision precision);

// Bytes of one block of one KV head; a multiple of 64.
size_t KvBlockBytes(const AttentionPlan& plan);
// Bytes each worker needs while it runs AttendTile or PackKeysValues, 64-byte aligned.
size_t AttentionScratchBytes(const AttentionPlan& plan);

// Blocks of a sequence, 64-byte aligned: block b of KV head h is at
// data + (h * blocks_per_head + b) * KvBlockBytes.
struct KvBlocks {
  std::byte* data = nullptr;
  size_t blocks_per_head = 0;

  std::byte* Block(const AttentionPlan& plan, size_t kv_head, size_t b) const {
    return data + (kv_head * blocks_per_head + b) * KvBlockBytes(plan);
  }
};

// Keys and values of one sequence from position 0 on. Blocks [0, shared_blocks) are read from
// `shared` (a prefix computed once for several sequences); block shared_blocks + i is own's i-th.
// A prefix ending inside a block: its last, partial block is copied (KvBlockBytes) to each own.
struct KvSequence {
  KvBlocks own;
  KvBlocks shared;
  size_t shared_blocks = 0;
};

// The keys and values of positions [first_position, first_position + k.rows()).
struct KvInput {
  ConstMatrixView<float> k;  // [rows, num_kv_heads * head_dim], not rotated
  ConstMatrixView<float> v;  // [rows, num_kv_heads * head_dim]
  size_t first_position = 0;
  RopeTable rope;  // Rows [0, first_position + rows) at least; empty views: no rotation.
};

// Tasks of PackKeysValues: num_kv_heads times the blocks that the rows touch.
size_t PackTaskCount(const AttentionPlan& plan, const KvInput& input);

// Packs one task's rows into sequence.own (the rows must lie there) and zeroes what follows them in
// their block, so rows come in rising order of position. task < PackTaskCount.
void PackKeysValues(const AttentionPlan& plan, size_t task, const KvInput& input,
                    const KvSequence& sequence, std::byte* scratch);

// The queries of positions [first_position, first_position + q.rows()).
struct QueryInput {
  ConstMatrixView<float> q;  // [rows, num_heads * head_dim], not rotated
  size_t first_position = 0;
  RopeTable rope;      // As in KvInput.
  float scale = 1.0f;  // Of the scores.
  // Positions that a query sees, its own the last of them; none: all up to its own.
  std::optional<size_t> window = std::nullopt;
};

// Tasks of AttendTile for `rows` query rows. Later tasks cost more (they see more keys): start from
// the last for an even finish.
size_t AttentionTaskCount(const AttentionPlan& plan, size_t rows);

// out row r = softmax(scale q_r K^T) V over positions [0, first_position + r] or
// the last `window` of them, all packed before. out: [rows, num_heads * head_dim], not overlapping
// q. task < AttentionTaskCount.
void AttendTile(const AttentionPlan& plan, size_t task, const QueryInput& input,
                const KvSequence& sequence, std::byte* scratch, MatrixView<float> out);

}  // namespace sotto

#endif  // SOTTO_KERNELS_ATTENTION_H_
