#include "trusted/linear/packed_layer.h"

#include <algorithm>
#include <mutex>

#include "base/float_types.h"
#include "base/memory.h"
#include "kernels/elementwise.h"
#include "model/quantized_weights.h"
#include "trusted/linear/column_order.h"

namespace sotto {
namespace {

bool IsQuantized(Precision precision) {
  return precision == Precision::kInt8 || precision == Precision::kFixed;
}

// Where one worker turns a block of rows into operands.
struct BlockBuffers {
  BlockBuffers(GemmOperands form, size_t n_in) : rows(kGemmColumnBlock, n_in) {
    if (form == GemmOperands::kBf16) bf16 = Matrix<BFloat16>(kGemmColumnBlock, n_in);
    if (form == GemmOperands::kU8S8) int8 = Matrix<int8_t>(kGemmColumnBlock, n_in);
    if (form == GemmOperands::kU8S16) int16 = Matrix<int16_t>(kGemmColumnBlock, n_in);
  }
  Matrix<float> rows;
  Matrix<BFloat16> bf16;
  Matrix<int8_t> int8;
  Matrix<int16_t> int16;
};

template <typename T>
int32_t Sum(const T* values, size_t n) {
  int32_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += values[i];
  return sum;
}

void Quantize(ConstMatrixView<float> rows, MatrixView<int8_t> wq, float* scales, uint32_t* norms) {
  QuantizeWeightRows(rows, wq, scales, norms);
}
void Quantize(ConstMatrixView<float> rows, MatrixView<int16_t> wq, float* scales, uint32_t* norms) {
  QuantizeFixedWeightRows(rows, FixedWeights::k12Bits, wq, scales, norms);
}

// Quantises the block's rows and notes scales and sums; returns the largest l1 norm.
// T: int8_t or int16_t.
template <typename T>
uint32_t QuantizeBlock(size_t first_column, ConstMatrixView<float> rows, MatrixView<T> wq,
                       PackedLayer& out) {
  uint32_t l1_norms[kGemmColumnBlock];
  Quantize(rows, wq, &out.scales[first_column], l1_norms);
  for (size_t j = 0; j < rows.rows(); ++j) {
    out.weight_sums[first_column + j] = Sum(wq.row(j), wq.cols());
  }
  return *std::max_element(l1_norms, l1_norms + rows.rows());
}

class LayerPacker {
 public:
  LayerPacker(const Checkpoint& checkpoint, int workers, PackedLayer& out)
      : checkpoint_(checkpoint), out_(out) {
    for (int i = 0; i < workers; ++i) {
      buffers_.emplace_back(out.weights.operands(), out.weights.n_in());
    }
  }

  void PackBlock(size_t block, int worker) {
    BlockBuffers& buffers = buffers_[worker];
    const BlockColumns columns = ColumnsOfBlock(out_.layer.kind, out_.weights.n_out(), block);
    const size_t count = columns.a.count + columns.b.count;
    const MatrixView<float> rows = buffers.rows.view().Rows(0, count);
    absl::Status status = Read(columns.a, rows.Rows(0, columns.a.count));
    if (status.ok()) status = Read(columns.b, rows.Rows(columns.a.count, columns.b.count));
    if (!status.ok()) return Fail(block, std::move(status));
    PackRows(block, rows, buffers);
  }

  absl::Status Finish() {
    out_.activation_limit = ActivationLimit(max_l1_);
    return status_;
  }

 private:
  absl::Status Read(ColumnRun run, MatrixView<float> rows) const {
    if (run.count == 0) return absl::OkStatus();
    return ReadLinearRows(checkpoint_, out_.layer, run.first, rows);
  }

  void PackRows(size_t block, ConstMatrixView<float> rows, BlockBuffers& buffers) {
    switch (out_.weights.operands()) {
      case GemmOperands::kF32:
      case GemmOperands::kF32ByBf16:
        return out_.weights.PackBlock(block, rows.data());
      case GemmOperands::kBf16:
        ConvertRow(rows.data(), rows.size(), buffers.bf16.view().data());
        return out_.weights.PackBlock(block, buffers.bf16.view().data());
      case GemmOperands::kU8S8:
        return PackQuantized(block, rows, buffers.int8.view().Rows(0, rows.rows()));
      case GemmOperands::kU8S16:
        return PackQuantized(block, rows, buffers.int16.view().Rows(0, rows.rows()));
    }
  }

  template <typename T>
  void PackQuantized(size_t block, ConstMatrixView<float> rows, MatrixView<T> wq) {
    const uint32_t l1 = QuantizeBlock(block * kGemmColumnBlock, rows, wq, out_);
    out_.weights.PackBlock(block, wq.data());
    std::lock_guard lock(mutex_);
    max_l1_ = std::max(max_l1_, l1);
  }

  // The first block's error wins, so that the message does not depend on the threads.
  void Fail(size_t block, absl::Status status) {
    std::lock_guard lock(mutex_);
    if (!status_.ok() && failed_block_ < block) return;
    failed_block_ = block;
    status_ = std::move(status);
  }

  const Checkpoint& checkpoint_;
  PackedLayer& out_;
  std::vector<BlockBuffers> buffers_;
  std::mutex mutex_;
  uint32_t max_l1_ = 0;
  size_t failed_block_ = 0;
  absl::Status status_;
};

// From the checkpoint's order to the packed one.
std::vector<float> PackBias(LinearKind kind, const std::vector<float>& bias) {
  std::vector<float> packed;
  for (size_t block = 0; packed.size() < bias.size(); ++block) {
    const BlockColumns columns = ColumnsOfBlock(kind, bias.size(), block);
    for (ColumnRun run : {columns.a, columns.b}) {
      packed.insert(packed.end(), &bias[0] + run.first, &bias[0] + run.first + run.count);
    }
  }
  return packed;
}

}  // namespace

GemmOperands OperandsOf(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return GemmOperands::kF32;
    case Precision::kBf16:
      return GemmOperands::kBf16;
    case Precision::kInt8:
    case Precision::kFixed:
      return GemmOperands::kU8S8;
  }
  return GemmOperands::kF32;
}

// f32 needs operands only where they are narrowed: it is planned as if all of them were. Those of
// 16 bits are packed one plane after the other.
size_t PackingBytes(GemmOperands form, size_t n_in, int threads) {
  size_t element_bytes = sizeof(float) + GemmWeightBytes(form);
  if (form == GemmOperands::kU8S16) element_bytes += sizeof(int8_t);
  return static_cast<size_t>(threads) * kGemmColumnBlock * n_in * element_bytes;
}

absl::StatusOr<PackedLayer> MakeEmptyLayer(const ModelSpec& config, LinearLayer layer,
                                           Precision precision, GemmOperands form) {
  const auto [n_in, n_out] = ShapeOf(config, layer);
  SOTTO_ASSIGN_OR_RETURN(AlignedArray<uint8_t> memory,
                         AllocateAligned<uint8_t>(GemmWeights::PackedBytes(form, n_in, n_out)));
  PackedLayer empty{.layer = layer,
                    .precision = precision,
                    .weights = GemmWeights(form, n_in, n_out, std::move(memory))};
  if (HasBias(config, layer)) empty.bias.resize(n_out);
  if (IsQuantized(precision)) {
    empty.scales.resize(n_out);
    empty.weight_sums.resize(n_out);
  }
  return empty;
}

absl::StatusOr<PackedLayer> PackLayer(const Checkpoint& checkpoint, LinearLayer layer,
                                      Precision precision, GemmOperands form, ThreadPool& pool) {
  SOTTO_ASSIGN_OR_RETURN(const std::vector<float> bias, ReadLinearBias(checkpoint, layer));
  SOTTO_ASSIGN_OR_RETURN(PackedLayer packed,
                         MakeEmptyLayer(checkpoint.config(), layer, precision, form));
  SOTTO_CHECK(bias.size() == packed.bias.size());
  packed.bias = PackBias(layer.kind, bias);
  LayerPacker packer(checkpoint, pool.threads(), packed);
  pool.ParallelFor(packed.weights.blocks(),
                   [&](size_t block, int worker) { packer.PackBlock(block, worker); });
  SOTTO_RETURN_IF_ERROR(packer.Finish());
  DropLinearPages(checkpoint, layer);
  return packed;
}

}  // namespace sotto
