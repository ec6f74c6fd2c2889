#include "trusted/engine/offloaded_attention.h"

#include <algorithm>

#include "kernels/elementwise.h"

namespace sotto {
namespace {

// Of one product, operands included: more would only delay the first answer.
constexpr size_t kMaxProductBytes = size_t{16} << 20;

// x[begin, end) = softmax; the rest, which the mask hides, 0.
void MaskedSoftmaxRow(size_t begin, size_t end, size_t n, float* x) {
  const float max = *std::max_element(x + begin, x + end);
  for (size_t i = begin; i < end; ++i) x[i] -= max;
  ExpRow(x + begin, end - begin, x + begin);
  double sum = 0;
  for (size_t i = begin; i < end; ++i) sum += x[i];
  const auto factor = static_cast<float>(1 / sum);
  for (size_t i = begin; i < end; ++i) x[i] *= factor;
  std::fill(x, x + begin, 0.0f);
  std::fill(x + end, x + n, 0.0f);
}

}  // namespace

struct OffloadedAttention::Rows {
  const Piece& piece;
  size_t begin, end;

  size_t count() const { return end - begin; }
  size_t position(size_t row) const { return piece.first_position + begin + row; }
  size_t keys() const { return piece.first_position + end; }  // That any of the rows sees.
};

OffloadedAttention::OffloadedAttention(const AttentionPlan& attention, MatrixProducts& products)
    : Attention(attention), products_(products) {
  SOTTO_CHECK(KvBlockBytes(attention) >= 2 * kKvBlock * attention.shape.head_dim * sizeof(float));
}

void OffloadedAttention::PackTask(const AttentionLayer& layer, const AttentionTasks::Task& task,
                                  ConstMatrixView<float> qkv, const KvStore& store,
                                  std::byte*) const {
  const Piece& piece = *task.piece;
  const KvInput input = KvInputOf(layer, piece, qkv);
  const KvSequence& sequence = store.sequence(piece.segment);
  const size_t head_dim = plan().shape.head_dim;
  const size_t end = piece.first_position + piece.rows;
  const size_t first_block = piece.first_position / kKvBlock;
  const size_t blocks = (end + kKvBlock - 1) / kKvBlock - first_block;
  const size_t kv_head = task.task / blocks, block = first_block + task.task % blocks;
  auto* const keys =
      reinterpret_cast<float*>(sequence.own.Block(plan(), kv_head, block - sequence.shared_blocks));
  const size_t block_end = std::min(end, (block + 1) * kKvBlock);
  for (size_t p = std::max(piece.first_position, block * kKvBlock); p < block_end; ++p) {
    const size_t row = p - piece.first_position;
    float* const key = keys + p % kKvBlock * head_dim;
    RotateHead(input.k.row(row) + kv_head * head_dim, layer.rope.cos.row(p), layer.rope.sin.row(p),
               head_dim / 2, key);
    std::copy_n(input.v.row(row) + kv_head * head_dim, head_dim, key + kKvBlock * head_dim);
  }
}

absl::Status OffloadedAttention::Attend(const AttentionLayer& layer, const AttentionTasks& tasks,
                                        ConstMatrixView<float> qkv, const KvStore& store,
                                        std::byte*, ThreadPool& pool, MatrixView<float> out) const {
  for (const AttentionTasks::Task& task : tasks.attend) {
    if (task.task != 0) continue;  // Once for each piece.
    const Piece& piece = *task.piece;
    for (size_t begin = 0; begin < piece.rows;) {
      const size_t count = RowsAtOnce(piece.first_position + begin, piece.rows - begin);
      SOTTO_RETURN_IF_ERROR(AttendRows(layer, {piece, begin, begin + count}, qkv, store, pool,
                                       out.Rows(piece.block_row + begin, count)));
      begin += count;
    }
  }
  return absl::OkStatus();
}

size_t OffloadedAttention::RowsAtOnce(size_t first_position, size_t left) const {
  const AttentionShape& shape = plan().shape;
  // With all the rows that are left: n keys, each row's scores and its part of q or the output.
  const size_t n = first_position + left;
  const size_t fixed = shape.num_kv_heads * n * shape.head_dim;
  const size_t per_row = shape.num_heads * (n + shape.head_dim);
  const size_t floats = std::min(kMaxProductBytes, products_.max_bytes()) / sizeof(float);
  return std::clamp<size_t>((floats - std::min(floats, fixed)) / per_row, 1, left);
}

absl::Status OffloadedAttention::AttendRows(const AttentionLayer& layer, const Rows& rows,
                                            ConstMatrixView<float> qkv, const KvStore& store,
                                            ThreadPool& pool, MatrixView<float> out) const {
  const AttentionShape& shape = plan().shape;
  const size_t heads = shape.num_heads, kv_heads = shape.num_kv_heads, head_dim = shape.head_dim;
  const size_t group = heads / kv_heads, m = group * rows.count(), n = rows.keys();
  const KvSequence& sequence = store.sequence(rows.piece.segment);
  Matrix<float> q(kv_heads * m, head_dim), keys(kv_heads * n, head_dim), scores(kv_heads * m, n);
  pool.ParallelFor(kv_heads, [&](size_t h, int) {
    GatherQueries(layer, rows, qkv, h, q.view().Rows(h * m, m));
    GatherKeys(sequence, h, keys.view().Rows(h * n, n));
  });
  SOTTO_RETURN_IF_ERROR(products_.Multiply(kv_heads, q.view(), keys.view(), scores.view()));

  Matrix<float> values(kv_heads * head_dim, n), attended(kv_heads * m, head_dim);
  pool.ParallelFor(kv_heads, [&](size_t h, int) {
    for (size_t i = 0; i < m; ++i) {
      const size_t end = rows.position(i % rows.count()) + 1;
      const size_t begin = end - std::min(end, layer.spec->window.value_or(end));
      MaskedSoftmaxRow(begin, end, n, scores.view().row(h * m + i));
    }
    GatherValues(sequence, h, values.view().Rows(h * head_dim, head_dim));
  });
  SOTTO_RETURN_IF_ERROR(
      products_.Multiply(kv_heads, scores.view(), values.view(), attended.view()));
  for (size_t head = 0; head < heads; ++head) {
    for (size_t r = 0; r < rows.count(); ++r) {
      std::copy_n(attended.view().row(head * rows.count() + r), head_dim,
                  out.row(r) + head * head_dim);
    }
  }
  return absl::OkStatus();
}

// The group's heads one after the other, so that a row's head is its number over rows.count().
void OffloadedAttention::GatherQueries(const AttentionLayer& layer, const Rows& rows,
                                       ConstMatrixView<float> qkv, size_t kv_head,
                                       MatrixView<float> q) const {
  const size_t head_dim = plan().shape.head_dim, group = q.rows() / rows.count();
  const auto scale = static_cast<float>(layer.spec->scale);
  for (size_t i = 0; i < q.rows(); ++i) {
    const size_t head = kv_head * group + i / rows.count(), row = i % rows.count();
    const size_t p = rows.position(row);
    RotateHead(qkv.row(rows.piece.block_row + rows.begin + row) + head * head_dim,
               layer.rope.cos.row(p), layer.rope.sin.row(p), head_dim / 2, q.row(i));
    std::for_each(q.row(i), q.row(i) + head_dim, [scale](float& v) { v *= scale; });
  }
}

const float* OffloadedAttention::Position(const KvSequence& sequence, size_t kv_head,
                                          size_t position) const {
  const size_t block = position / kKvBlock;
  const bool shared = block < sequence.shared_blocks;
  const std::byte* const keys =
      shared ? sequence.shared.Block(plan(), kv_head, block)
             : sequence.own.Block(plan(), kv_head, block - sequence.shared_blocks);
  return reinterpret_cast<const float*>(keys) + position % kKvBlock * plan().shape.head_dim;
}

void OffloadedAttention::GatherKeys(const KvSequence& sequence, size_t kv_head,
                                    MatrixView<float> keys) const {
  for (size_t p = 0; p < keys.rows(); ++p) {
    std::copy_n(Position(sequence, kv_head, p), keys.cols(), keys.row(p));
  }
}

void OffloadedAttention::GatherValues(const KvSequence& sequence, size_t kv_head,
                                      MatrixView<float> transposed_values) const {
  const size_t head_dim = transposed_values.rows();
  for (size_t p = 0; p < transposed_values.cols(); ++p) {
    const float* const value = Position(sequence, kv_head, p) + kKvBlock * head_dim;
    for (size_t i = 0; i < head_dim; ++i) transposed_values(i, p) = value[i];
  }
}

}  // namespace sotto
