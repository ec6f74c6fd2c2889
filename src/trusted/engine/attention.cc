#include "trusted/engine/attention.h"

#include <algorithm>

namespace sotto {

KvInput Attention::KvInputOf(const AttentionLayer& layer, const Piece& piece,
                             ConstMatrixView<float> qkv) const {
  const AttentionShape& shape = attention_.shape;
  const size_t q_size = shape.num_heads * shape.head_dim;
  const size_t kv_size = shape.num_kv_heads * shape.head_dim;
  const ConstMatrixView<float> rows = qkv.Rows(piece.block_row, piece.rows);
  return {rows.Cols(q_size, kv_size), rows.Cols(q_size + kv_size, kv_size), piece.first_position,
          layer.rope};
}

AttentionTasks Attention::PlanTasks(const BatchPlan& plan, const TokenBlock& block) const {
  AttentionTasks tasks;
  for (const Piece& piece : block.pieces) {
    const Segment& segment = plan.segments[piece.segment];
    const bool continues = segment.prefix.has_value();
    if (continues && piece.first_position == segment.first_position) {
      tasks.begins.push_back(piece.segment);
    }
    std::vector<AttentionTasks::Task>& pack = continues ? tasks.pack_second : tasks.pack_first;
    // The count depends on the rows' positions alone.
    const ConstMatrixView<float> no_values(nullptr, piece.rows, 0);
    const size_t packs =
        PackTaskCount(attention_, {no_values, no_values, piece.first_position, {}});
    for (size_t task = 0; task < packs; ++task) pack.push_back({&piece, task});
    const size_t attends = AttentionTaskCount(attention_, piece.rows);
    for (size_t task = 0; task < attends; ++task) tasks.attend.push_back({&piece, task});
  }
  std::reverse(tasks.attend.begin(), tasks.attend.end());
  return tasks;
}

void Attention::Pack(const AttentionLayer& layer, const std::vector<AttentionTasks::Task>& tasks,
                     ConstMatrixView<float> qkv, const KvStore& store, std::byte* scratch,
                     ThreadPool& pool) const {
  const size_t scratch_bytes = AttentionScratchBytes(attention_);
  pool.ParallelFor(tasks.size(), [&](size_t i, int worker) {
    PackTask(layer, tasks[i], qkv, store, scratch + worker * scratch_bytes);
  });
}

void Attention::PackTask(const AttentionLayer& layer, const AttentionTasks::Task& task,
                         ConstMatrixView<float> qkv, const KvStore& store,
                         std::byte* scratch) const {
  PackKeysValues(attention_, task.task, KvInputOf(layer, *task.piece, qkv),
                 store.sequence(task.piece->segment), scratch);
}

void Attention::StoreKeysValues(const AttentionLayer& layer, const BatchPlan& plan,
                                const AttentionTasks& tasks, ConstMatrixView<float> qkv,
                                KvStore& store, std::byte* scratch, ThreadPool& pool) const {
  Pack(layer, tasks.pack_first, qkv, store, scratch, pool);
  for (size_t index : tasks.begins) store.CopyPartialPrefixBlock(plan.segments[index], index);
  Pack(layer, tasks.pack_second, qkv, store, scratch, pool);
}

absl::Status Attention::Attend(const AttentionLayer& layer, const AttentionTasks& tasks,
                               ConstMatrixView<float> qkv, const KvStore& store, std::byte* scratch,
                               ThreadPool& pool, MatrixView<float> out) const {
  const size_t scratch_bytes = AttentionScratchBytes(attention_);
  const size_t q_size = attention_.shape.num_heads * attention_.shape.head_dim;
  pool.ParallelFor(tasks.attend.size(), [&](size_t i, int worker) {
    const Piece& piece = *tasks.attend[i].piece;
    const QueryInput query{qkv.Rows(piece.block_row, piece.rows).Cols(0, q_size),
                           piece.first_position, layer.rope, static_cast<float>(layer.spec->scale),
                           layer.spec->window};
    AttendTile(attention_, tasks.attend[i].task, query, store.sequence(piece.segment),
               scratch + worker * scratch_bytes, out.Rows(piece.block_row, piece.rows));
  });
  return absl::OkStatus();
}

}  // namespace sotto
