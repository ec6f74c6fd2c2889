// What attention.cc hands to the implementation for one instruction set. Plain data and function
// pointers: the files behind them are compiled for that set and must instantiate nothing shared.
#ifndef SOTTO_KERNELS_ATTENTION_KERNELS_H_
#define SOTTO_KERNELS_ATTENTION_KERNELS_H_

#include <cstddef>

#include "base/isa.h"

namespace sotto {

inline constexpr size_t kMaxQueryLanes = 64;

// Rows [first_row, first_row + rows) of one block of one KV head.
struct PackBlockArgs {
  const float* k;  // First row; rows are k_stride, v_stride apart.
  const float* v;
  size_t k_stride, v_stride;
  const float* cos;  // First row, or null: no rotation.
  const float* sin;
  size_t rope_stride;
  size_t first_row, rows;
  size_t head_dim;
  std::byte* block;
  std::byte* scratch;
};

// Queries side by side in vector lanes: several heads and positions that share one KV head.
struct AttendTileArgs {
  size_t lanes;  // Used, <= the kernel's query_lanes.
  size_t head_dim;
  float scale;                       // Of the scores.
  const float* q[kMaxQueryLanes];    // [head_dim], not rotated
  const float* cos[kMaxQueryLanes];  // [head_dim / 2], or null: no rotation.
  const float* sin[kMaxQueryLanes];
  float* out[kMaxQueryLanes];    // [head_dim]
  int position[kMaxQueryLanes];  // Not falling from lane to lane.
  int window;                    // Positions that a query sees, its own the last of them; >= 1.
  const std::byte* shared;       // This head's blocks [0, shared_blocks)
  size_t shared_blocks;
  const std::byte* own;  // and the rest.
  std::byte* scratch;
};

struct AttentionKernel {
  Isa isa;
  size_t query_lanes;  // Queries a tile.
  bool bf16;
  size_t (*block_bytes)(size_t head_dim);
  size_t (*scratch_bytes)(size_t head_dim);
  void (*pack)(const PackBlockArgs& args);
  void (*attend)(const AttendTileArgs& args);
};

extern const AttentionKernel kPortableAttention, kAvx2Attention, kAvx512Attention,
    kAvx512Bf16Attention, kAmxAttention;

// The best of each precision last.
const IsaTable<AttentionKernel>& AttentionTable();

}  // namespace sotto

#endif  // SOTTO_KERNELS_ATTENTION_KERNELS_H_
