// What a forward pass will need, known before anything is loaded.
#ifndef SOTTO_TRUSTED_ENGINE_MEMORY_PLAN_H_
#define SOTTO_TRUSTED_ENGINE_MEMORY_PLAN_H_

#include <cstddef>
#include <vector>

#include "base/status.h"
#include "kernels/attention.h"
#include "model/model_spec.h"
#include "trusted/engine/engine.h"

namespace sotto {

// Bytes of the arena's parts. Nothing but the residual stream, one layer's keys and values (two
// layers' with several lanes) and the RoPE table grows with the length.
struct MemoryPlan {
  struct Shapes {
    size_t block_rows, logit_rows;
    size_t hidden_size, q_size, qkv_size, intermediate_size;
    size_t vocab_size;  // 0 without an lm_head.
  };
  Shapes shapes;
  size_t kv_buffers = 1;

  size_t residual_bytes = 0;  // [batch_size * prefill_length, hidden_size]
  size_t kv_bytes = 0;        // Of one buffer.
  size_t rope_bytes = 0;      // cos, or sin, of one table: [prefill_length, head_dim / 2]
  size_t rope_tables = 1;
  size_t lane_activation_bytes = 0;
  size_t lane_attention_scratch_bytes = 0;
  size_t lane_logits_bytes = 0;
  size_t lane_workspace_bytes = 0;
  size_t lanes = 1;

  // Of the arena.
  size_t total_bytes() const;
};

// Positions of a batch at most. With the bounds on a model's sizes it keeps every size that is
// planned below 2^63 bytes.
inline constexpr size_t kMaxBatchPositions = size_t{1} << 28;
// INVALID_ARGUMENT, beginning "batch_size: ", for a batch of more.
absl::Status CheckBatchShape(size_t batch_size, size_t prefill_length);

// Rows of a token block at most, and of a block of logits.
inline constexpr size_t kTokenBlockRows = 512, kLogitRows = 128;

// What a forward pass needs, and Engine::Create() allocates, beyond the linear layers' weights.
// `linear_workspace_bytes`: Linear::WorkspaceBytes(TokenBlockRows(options), threads of a lane).
MemoryPlan PlanMemory(const ModelSpec& config, const AttentionPlan& attention,
                      size_t linear_workspace_bytes, const EngineOptions& options);

// Rows of the largest token block that a batch of these options has.
size_t TokenBlockRows(const EngineOptions& options);
// Threads of each lane's pool.
int ThreadsPerLane(const EngineOptions& options);

// The ways in which layers rotate, each once: a table is kept of each.
std::vector<RopeSpec> DistinctRopes(const ModelSpec& config);

AttentionPlan AttentionPlanFor(const ModelSpec& config, AttentionPrecision precision);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_MEMORY_PLAN_H_
