#include "trusted/engine/memory_plan.h"

#include <algorithm>

#include "base/strings.h"
#include "kernels/gemm.h"
#include "trusted/engine/arena.h"
#include "trusted/engine/kv_store.h"

namespace sotto {

absl::Status CheckBatchShape(size_t batch_size, size_t prefill_length) {
  if (batch_size <= kMaxBatchPositions / prefill_length) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat("batch_size: ", batch_size, " x ", prefill_length,
                                           " positions; a batch has at most ", kMaxBatchPositions));
}

size_t TokenBlockRows(const EngineOptions& options) {
  return std::min(kTokenBlockRows, RoundUpToGemmRows(options.batch_size * options.prefill_length));
}

int ThreadsPerLane(const EngineOptions& options) {
  return std::max(1, options.threads / options.lanes);
}

AttentionPlan AttentionPlanFor(const ModelSpec& config, AttentionPrecision precision) {
  const AttentionSpec& heads = config.heads();
  return MakeAttentionPlan({heads.num_heads, heads.num_kv_heads, heads.head_dim}, precision);
}

std::vector<RopeSpec> DistinctRopes(const ModelSpec& config) {
  std::vector<RopeSpec> ropes;
  for (const LayerSpec& layer : config.layers) {
    const RopeSpec& rope = layer.attention.rope;
    if (std::ranges::find(ropes, rope) == ropes.end()) ropes.push_back(rope);
  }
  return ropes;
}

MemoryPlan PlanMemory(const ModelSpec& config, const AttentionPlan& attention,
                      size_t linear_workspace_bytes, const EngineOptions& options) {
  MemoryPlan plan;
  MemoryPlan::Shapes& s = plan.shapes;
  const size_t rows = options.batch_size * options.prefill_length;
  s.block_rows = TokenBlockRows(options);
  s.logit_rows = std::min(kLogitRows, RoundUpToGemmRows(rows));
  s.hidden_size = config.hidden_size;
  s.q_size = config.heads().q_size();
  s.qkv_size = config.heads().q_size() + 2 * config.heads().kv_size();
  s.intermediate_size = 0;
  for (const LayerSpec& layer : config.layers) {
    s.intermediate_size = std::max(s.intermediate_size, layer.mlp.intermediate_size);
  }
  s.vocab_size = config.has_lm_head() ? config.vocab_size : 0;
  plan.lanes = static_cast<size_t>(options.lanes);
  plan.kv_buffers = options.lanes > 1 ? 2 : 1;

  const auto floats = [](size_t n) { return Arena::Rounded(n * sizeof(float)); };
  plan.residual_bytes = floats(rows * s.hidden_size);
  plan.kv_bytes =
      Arena::Rounded(KvStoreBytes(attention, options.batch_size, options.prefill_length));
  plan.rope_bytes = floats(options.prefill_length * (config.heads().head_dim / 2));
  plan.rope_tables = DistinctRopes(config).size();
  plan.lane_activation_bytes =
      floats(s.block_rows * std::max(s.qkv_size + s.q_size, s.intermediate_size));
  plan.lane_attention_scratch_bytes =
      Arena::Rounded(AttentionScratchBytes(attention) * ThreadsPerLane(options));
  plan.lane_logits_bytes =
      floats(s.logit_rows * s.hidden_size) + floats(s.logit_rows * s.vocab_size);
  plan.lane_workspace_bytes = Arena::Rounded(linear_workspace_bytes);
  return plan;
}

size_t MemoryPlan::total_bytes() const {
  return residual_bytes + kv_buffers * kv_bytes + 2 * rope_tables * rope_bytes +
         lanes * (lane_activation_bytes + lane_attention_scratch_bytes + lane_logits_bytes +
                  lane_workspace_bytes);
}

}  // namespace sotto
