// Attention whose products Q K^T and P V are computed elsewhere, the softmax here. Neither fused
// nor fast, and only for measurements: whoever multiplies sees queries, keys, values and weights.
#ifndef SOTTO_TRUSTED_ENGINE_OFFLOADED_ATTENTION_H_
#define SOTTO_TRUSTED_ENGINE_OFFLOADED_ATTENTION_H_

#include "trusted/engine/attention.h"
#include "trusted/linear/matrix_products.h"

namespace sotto {

class OffloadedAttention final : public Attention {
 public:
  // `attention` is of precision kF32; `products` outlives this.
  OffloadedAttention(const AttentionPlan& attention, MatrixProducts& products);

  // Allocates the operands of each product. Errors are those of `products`.
  absl::Status Attend(const AttentionLayer& layer, const AttentionTasks& tasks,
                      ConstMatrixView<float> qkv, const KvStore& store, std::byte* scratch,
                      ThreadPool& pool, MatrixView<float> out) const override;

 private:
  // Query rows [begin, end) of a piece.
  struct Rows;

  // A block holds kKvBlock rotated keys, then as many values, [kKvBlock, head_dim] each.
  void PackTask(const AttentionLayer& layer, const AttentionTasks::Task& task,
                ConstMatrixView<float> qkv, const KvStore& store,
                std::byte* scratch) const override;
  size_t RowsAtOnce(size_t first_position, size_t left) const;
  absl::Status AttendRows(const AttentionLayer& layer, const Rows& rows, ConstMatrixView<float> qkv,
                          const KvStore& store, ThreadPool& pool, MatrixView<float> out) const;
  void GatherQueries(const AttentionLayer& layer, const Rows& rows, ConstMatrixView<float> qkv,
                     size_t kv_head, MatrixView<float> q) const;
  void GatherKeys(const KvSequence& sequence, size_t kv_head, MatrixView<float> keys) const;
  void GatherValues(const KvSequence& sequence, size_t kv_head,
                    MatrixView<float> transposed_values) const;
  const float* Position(const KvSequence& sequence, size_t kv_head, size_t position) const;

  MatrixProducts& products_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_OFFLOADED_ATTENTION_H_
