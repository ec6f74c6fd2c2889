#include "trusted/split/pad_weights.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace sotto {
namespace {

constexpr size_t kPlanes = 4;
constexpr size_t kTileWords = kGemmRowBlock * kGemmColumnBlock;

void Grow(SecretBuffer& buffer, size_t size_bytes) {
  if (buffer.size() < size_bytes) buffer = SecretBuffer(size_bytes);
}

// Byte k of every word, [kGemmRowBlock, n_in] each, rows GemmRowBytes() apart. Rows beyond x.rows()
// stay as they were: what is computed of them is never read.
void SplitPlanes(ConstMatrixView<uint32_t> x, std::span<uint8_t> planes) {
  const size_t row_bytes = GemmRowBytes(GemmOperands::kU8S8, x.cols());
  const size_t plane_bytes = kGemmRowBlock * row_bytes;
  for (size_t r = 0; r < x.rows(); ++r) {
    const uint32_t* row = x.row(r);
    for (size_t k = 0; k < kPlanes; ++k) {
      uint8_t* plane = planes.data() + k * plane_bytes + r * row_bytes;
      for (size_t i = 0; i < x.cols(); ++i) plane[i] = static_cast<uint8_t>(row[i] >> (8 * k));
    }
  }
}

// y = sum_k 2^(8 k) tile_k.
void JoinPlanes(const std::array<const uint32_t*, kPlanes>& tiles, MatrixView<uint32_t> y) {
  for (size_t r = 0; r < y.rows(); ++r) {
    const size_t at = r * kGemmColumnBlock;
    for (size_t j = 0; j < y.cols(); ++j) {
      y(r, j) = tiles[0][at + j] + (tiles[1][at + j] << 8) + (tiles[2][at + j] << 16) +
                (tiles[3][at + j] << 24);
    }
  }
}

}  // namespace

PadWeights::PadWeights(const ModelSpec& config) : config_(config) {
  for (LinearLayer layer : AllLinearLayers(config)) {
    const auto [n_in, n_out] = ShapeOf(config, layer);
    weights_.emplace_back(GemmOperands::kU8S8, n_in, n_out);
  }
}

void PadWeights::AddRows(LinearLayer layer, size_t first, ConstMatrixView<int8_t> wq) {
  GemmWeights& weights = weights_[LinearLayerIndex(config_, layer)];
  const size_t block = first / kGemmColumnBlock;
  SOTTO_CHECK(first % kGemmColumnBlock == 0 && wq.rows() == weights.block_columns(block));
  SOTTO_CHECK(wq.stride() == wq.cols());
  weights.PackBlock(block, wq.data());
}

void PadWeights::Multiply(LinearLayer layer, ConstMatrixView<uint32_t> x, MatrixView<uint32_t> y,
                          Workspace& workspace, ThreadPool& pool) const {
  const GemmWeights& weights = weights_[LinearLayerIndex(config_, layer)];
  SOTTO_CHECK(x.rows() <= kGemmRowBlock && x.rows() == y.rows() && x.cols() == weights.n_in());
  const size_t plane_bytes = kGemmRowBlock * GemmRowBytes(GemmOperands::kU8S8, x.cols());
  Grow(workspace.planes, kPlanes * plane_bytes);
  const std::span<uint8_t> planes = workspace.planes.span();
  SplitPlanes(x, planes);
  const size_t scratch_bytes = (weights.scratch_bytes() + 63) / 64 * 64;
  const size_t worker_bytes = kPlanes * kTileWords * sizeof(uint32_t) + scratch_bytes;
  Grow(workspace.tiles, worker_bytes * static_cast<size_t>(pool.threads()));
  pool.ParallelFor(weights.blocks(), [&](size_t block, int worker) {
    uint8_t* const own = workspace.tiles.span().data() + worker_bytes * static_cast<size_t>(worker);
    auto* const tile = reinterpret_cast<uint32_t*>(own);
    std::array<const uint32_t*, kPlanes> tiles;
    for (size_t k = 0; k < kPlanes; ++k) {
      tiles[k] = tile + k * kTileWords;
      weights.Multiply(block, planes.data() + k * plane_bytes, x.rows(), tile + k * kTileWords,
                       own + kPlanes * kTileWords * sizeof(uint32_t));
    }
    JoinPlanes(tiles, y.Cols(block * kGemmColumnBlock, weights.block_columns(block)));
  });
}

size_t PadWeights::packed_bytes() const {
  size_t bytes = 0;
  for (const GemmWeights& weights : weights_) bytes += weights.packed_bytes();
  return bytes;
}

}  // namespace sotto
