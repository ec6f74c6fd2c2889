#include "trusted/linear/local_product.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/integers.h"
#include "kernels/gemm.h"
#include "trusted/linear/epilogue.h"
#include "trusted/linear/local_workspace.h"
#include "trusted/linear/operand.h"
#include "trusted/linear/tile_plan.h"

namespace sotto {
namespace {

// Rows that one task turns into operands.
constexpr size_t kOperandRows = 16;
// Rows between the one being finished and the one whose memory is asked for.
constexpr size_t kRowsAhead = 4;

// Asks for a block of weights, a part for each row of the tile being finished. oneDNN multiplies a
// block that has to come from memory a tenth slower at 128 rows: the first rows of every strip of
// columns wait for it. Finishing a tile leaves memory idle.
class WeightsAhead {
 public:
  WeightsAhead(std::span<const uint8_t> weights, size_t tile_rows)
      : left_(weights.first(std::min(weights.size(), kMostBytes))),
        row_bytes_(std::min(CeilDiv(left_.size(), tile_rows), kMostRowBytes)) {}

  void AskForNextPart() {
    constexpr size_t kLineBytes = 64;
    const size_t part = std::min(row_bytes_, left_.size());
    for (size_t i = 0; i < part; i += kLineBytes) __builtin_prefetch(&left_[i], /*rw=*/0, 2);
    left_ = left_.subspan(part);
  }

 private:
  // What the second-level cache holds; and what memory delivers while a row is finished: the
  // processor forgets requests beyond.
  static constexpr size_t kMostBytes = size_t{1} << 20, kMostRowBytes = 2048;

  std::span<const uint8_t> left_;
  const size_t row_bytes_;
};

class Product {
 public:
  Product(const PackedLayer& layer, const PackedLayer* next, const LinearInput& input,
          LinearTail tail, MatrixView<float> y, ThreadPool& pool)
      : layer_(layer),
        next_(next),
        input_(input),
        tail_(tail),
        y_(y),
        pool_(pool),
        workspace_(DivideWorkspace(layer, tokens(), pool.threads(), input.workspace)),
        operand_(workspace_.operand),
        plan_(layer.weights, tokens(), pool.threads()) {}

  void Run() {
    MakeOperand();
    pool_.ParallelFor(plan_.tiles(), [this](size_t tile, int worker) {
      MultiplyTile(plan_.TileAt(tile), WeightsAfter(tile), worker);
    });
  }

  // Of all column blocks, some.
  void RunBlocks(std::span<const size_t> blocks) {
    MakeOperand();
    const size_t of_column = CeilDiv(tokens(), kGemmRowBlock);
    pool_.ParallelFor(blocks.size() * of_column, [&](size_t tile, int worker) {
      const size_t first_row = tile % of_column * kGemmRowBlock;
      const size_t rows = std::min(kGemmRowBlock, tokens() - first_row);
      MultiplyTile({blocks[tile / of_column], first_row, rows}, /*weights_after=*/{}, worker);
    });
  }

 private:
  size_t tokens() const { return input_.x.rows(); }

  void MakeOperand() {
    if (InputIsOperand()) {
      // Only read from here on.
      operand_.data = reinterpret_cast<uint8_t*>(const_cast<float*>(input_.x.data()));
      return;
    }
    pool_.ParallelFor(CeilDiv(tokens(), kOperandRows),
                      [this](size_t task, int worker) { WriteOperand(task, worker); });
  }

  // Rows that are neither normed nor converted are multiplied where they stand; whole units of
  // them, for the product reads so many.
  bool InputIsOperand() const {
    return layer_.precision == Precision::kF32 && input_.rms_weight == nullptr &&
           tokens() % layer_.weights.row_unit() == 0 &&
           input_.x.stride() * sizeof(float) == GemmRowBytes(GemmOperands::kF32, input_.x.cols());
  }

  void WriteOperand(size_t task, int worker) {
    uint8_t* scratch = workspace_.WorkerPart(worker).row_scratch;
    const size_t begin = task * kOperandRows, end = std::min(tokens(), begin + kOperandRows);
    for (size_t row = begin; row < end; ++row) {
      WriteOperandRow(layer_, input_, row, operand_, scratch);
    }
    ZeroOperandRows(layer_, end, RoundUpToGemmRows(end), operand_);
  }

  // What the thread of a tile will probably multiply by next; nothing where another tile brings it
  // into the caches.
  std::span<const uint8_t> WeightsAfter(size_t tile) const {
    const size_t after = tile + static_cast<size_t>(pool_.threads());
    if (after < plan_.tiles()) {
      const TilePlan::Tile there = plan_.TileAt(after);
      if (there.first_row > 0) return {};
      return layer_.weights.PackedBlock(there.column_block);
    }
    const size_t block = after - plan_.tiles();
    if (next_ == nullptr || block >= next_->weights.blocks()) return {};
    return next_->weights.PackedBlock(block);
  }

  void MultiplyTile(const TilePlan::Tile& tile, std::span<const uint8_t> weights_after,
                    int worker) {
    const LocalWorkspace::Worker part = workspace_.WorkerPart(worker);
    const auto [column_block, first_row, rows] = tile;
    const uint8_t* a = operand_.Row(first_row);
    layer_.weights.Multiply(column_block, a, rows, part.tile, part.gemm_scratch);
    if (layer_.precision == Precision::kFixed) {
      layer_.weights.Multiply(column_block, a + operand_.plane_bytes, rows, part.low_tile,
                              part.gemm_scratch);
    }
    const BlockEpilogue epilogue(layer_, column_block, tail_);
    WeightsAhead ahead(weights_after, rows);
    for (size_t i = 0; i < rows; ++i) {
      ahead.AskForNextPart();
      if (i + kRowsAhead < rows) epilogue.Prefetch(y_.row(first_row + i + kRowsAhead));
      const size_t offset = i * kGemmColumnBlock * sizeof(float);
      const float row_scale = operand_.row_scales[first_row + i];
      epilogue.Finish({part.tile + offset, part.low_tile + offset, row_scale},
                      y_.row(first_row + i));
    }
  }

  const PackedLayer& layer_;
  const PackedLayer* const next_;
  const LinearInput& input_;
  const LinearTail tail_;
  const MatrixView<float> y_;
  ThreadPool& pool_;
  const LocalWorkspace workspace_;
  Operand operand_;
  const TilePlan plan_;
};

}  // namespace

void MultiplyLayer(const PackedLayer& layer, const PackedLayer* next, const LinearInput& input,
                   LinearTail tail, MatrixView<float> y, ThreadPool& pool) {
  Product(layer, next, input, tail, y, pool).Run();
}

void MultiplyColumns(const PackedLayer& layer, const LinearInput& input,
                     std::span<const size_t> columns, MatrixView<float> y, ThreadPool& pool) {
  std::vector<size_t> blocks;
  for (const size_t column : columns) {
    const size_t block = column / kGemmColumnBlock;
    if (blocks.empty() || blocks.back() != block) blocks.push_back(block);
  }
  Product(layer, /*next=*/nullptr, input, LinearTail::kStore, y, pool).RunBlocks(blocks);
}

}  // namespace sotto
