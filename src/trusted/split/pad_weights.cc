#include "trusted/split/pad_weights.h"

#include "base/check.h"
#include "kernels/tiled_product.h"

namespace sotto {

PadWeights::PadWeights(const ModelSpec& config, FixedWeights width) : config_(config) {
  for (LinearLayer layer : AllLinearLayers(config)) {
    const auto [n_in, n_out] = ShapeOf(config, layer);
    weights_.emplace_back(RingOperandsOf(width), n_in, n_out);
  }
}

void PadWeights::AddRows(LinearLayer layer, size_t first, ConstMatrixView<int16_t> wq) {
  GemmWeights& weights = weights_[LinearLayerIndex(config_, layer)];
  const size_t block = first / kGemmColumnBlock;
  SOTTO_CHECK(first % kGemmColumnBlock == 0 && wq.rows() == weights.block_columns(block));
  SOTTO_CHECK(wq.stride() == wq.cols());
  PackRingBlock(weights, block, wq);
}

void PadWeights::Multiply(LinearLayer layer, ConstMatrixView<uint32_t> x, MatrixView<uint32_t> y,
                          Workspace& workspace, ThreadPool& pool) const {
  const GemmWeights& weights = weights_[LinearLayerIndex(config_, layer)];
  const size_t bytes = TiledProductBytes(weights, x.rows(), pool.threads());
  if (workspace.memory.size() < bytes) workspace.memory = SecretBuffer(bytes);
  MultiplyRingTiled(weights, x, y, workspace.memory.span(), pool);
}

size_t PadWeights::packed_bytes() const {
  size_t bytes = 0;
  for (const GemmWeights& weights : weights_) bytes += weights.packed_bytes();
  return bytes;
}

}  // namespace sotto
