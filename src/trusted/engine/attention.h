// Causal self-attention of one token block over everything before it: the kernels' tasks, spread
// over the pool.
#ifndef SOTTO_TRUSTED_ENGINE_ATTENTION_H_
#define SOTTO_TRUSTED_ENGINE_ATTENTION_H_

#include <cstddef>
#include <vector>

#include "base/matrix.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "kernels/attention.h"
#include "model/model_spec.h"
#include "trusted/engine/kv_store.h"
#include "trusted/engine/token_blocks.h"

namespace sotto {

// The tasks of one token block; they depend on lengths only and serve every layer.
struct AttentionTasks {
  struct Task {
    const Piece* piece;
    size_t task;
  };
  std::vector<Task> pack_first;   // Pieces whose segment begins at position 0.
  std::vector<Task> pack_second;  // Pieces that continue a shared prefix.
  std::vector<size_t> begins;     // Segments that begin in this block, behind a shared prefix.
  std::vector<Task> attend;       // The most expensive first.
};

// What one layer's attention computes; its heads are those of the plan.
struct AttentionLayer {
  const AttentionSpec* spec;
  RopeTable rope;  // Rows for every position.
};

class Attention {
 public:
  // scratch: AttentionScratchBytes() for each of the pool's workers, a multiple of 64 apart.
  explicit Attention(const AttentionPlan& attention) : attention_(attention) {}
  virtual ~Attention() = default;

  // `plan` and `block` must outlive the result.
  AttentionTasks PlanTasks(const BatchPlan& plan, const TokenBlock& block) const;

  // Puts the block's keys and values into the store. qkv: [block rows, q + 2 kv], q first. All rows
  // of a shared prefix in earlier blocks must have been stored.
  void StoreKeysValues(const AttentionLayer& layer, const BatchPlan& plan,
                       const AttentionTasks& tasks, ConstMatrixView<float> qkv, KvStore& store,
                       std::byte* scratch, ThreadPool& pool) const;

  // out [block rows, q] = softmax(scale Q K^T) V over the layer's window. Keys and values of this
  // and all earlier positions must have been stored. Fails only where it is computed elsewhere.
  virtual absl::Status Attend(const AttentionLayer& layer, const AttentionTasks& tasks,
                              ConstMatrixView<float> qkv, const KvStore& store, std::byte* scratch,
                              ThreadPool& pool, MatrixView<float> out) const;

 protected:
  const AttentionPlan& plan() const { return attention_; }
  KvInput KvInputOf(const AttentionLayer& layer, const Piece& piece,
                    ConstMatrixView<float> qkv) const;

 private:
  // Stores the rows of one of PackTaskCount() tasks: a KV head and a block of keys.
  virtual void PackTask(const AttentionLayer& layer, const AttentionTasks::Task& task,
                        ConstMatrixView<float> qkv, const KvStore& store, std::byte* scratch) const;
  void Pack(const AttentionLayer& layer, const std::vector<AttentionTasks::Task>& tasks,
            ConstMatrixView<float> qkv, const KvStore& store, std::byte* scratch,
            ThreadPool& pool) const;

  const AttentionPlan attention_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_ATTENTION_H_
