#include "trusted/engine/lane.h"

#include "base/check.h"

namespace sotto {

Lane::Lane(const MemoryPlan& plan, int threads, ThreadPool* shared, Arena& arena)
    : own_pool(shared == nullptr ? std::make_unique<ThreadPool>(threads) : nullptr),
      pool(shared == nullptr ? *own_pool : *shared) {
  SOTTO_CHECK(pool.threads() == threads);
  const MemoryPlan::Shapes& s = plan.shapes;
  uint8_t* activations = arena.Take(plan.lane_activation_bytes);
  float* values = reinterpret_cast<float*>(activations);
  qkv = {values, s.block_rows, s.qkv_size};
  attended = {values + qkv.size(), s.block_rows, s.q_size};
  mlp = {values, s.block_rows, s.intermediate_size};
  last_rows = arena.TakeMatrix(s.logit_rows, s.hidden_size);
  logits = arena.TakeMatrix(s.logit_rows, s.vocab_size);
  attention_scratch = reinterpret_cast<std::byte*>(arena.Take(plan.lane_attention_scratch_bytes));
  linear_workspace = {arena.Take(plan.lane_workspace_bytes), plan.lane_workspace_bytes};
}

}  // namespace sotto
