// What one lane works with: a pool and its part of the arena. While one lane waits for
// an accelerator, another computes.
#ifndef SOTTO_TRUSTED_ENGINE_LANE_H_
#define SOTTO_TRUSTED_ENGINE_LANE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/matrix.h"
#include "base/thread_pool.h"
#include "trusted/engine/arena.h"
#include "trusted/engine/memory_plan.h"

namespace sotto {

struct Lane {
  // Without a `shared` pool, which has `threads` threads, it makes one.
  Lane(const MemoryPlan& plan, int threads, ThreadPool* shared, Arena& arena);

  const std::unique_ptr<ThreadPool> own_pool;
  ThreadPool& pool;
  // Activations of one token block. `mlp` stands where qkv and attended do: they are done with when
  // it comes.
  MatrixView<float> qkv;        // [block_rows, q + 2 kv]
  MatrixView<float> attended;   // [block_rows, q]
  MatrixView<float> mlp;        // [block_rows, intermediate_size]
  MatrixView<float> last_rows;  // [logit_rows, hidden_size]
  MatrixView<float> logits;     // [logit_rows, vocab_size]
  std::byte* attention_scratch;
  std::span<uint8_t> linear_workspace;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_LANE_H_
