// The trusted process's own integer weights, packed for products with ring words: what makes pads,
// and what computes a layer here when there are none.
#ifndef SOTTO_TRUSTED_SPLIT_PAD_WEIGHTS_H_
#define SOTTO_TRUSTED_SPLIT_PAD_WEIGHTS_H_

#include <cstdint>
#include <vector>

#include "base/matrix.h"
#include "base/secret_buffer.h"
#include "base/thread_pool.h"
#include "kernels/gemm.h"
#include "model/config.h"
#include "model/linear_layers.h"
#include "sotto/precision.h"

namespace sotto {

class PadWeights {
 public:
  // Working memory, grown to what calls need and wiped when destroyed.
  struct Workspace {
    SecretBuffer memory;
  };

  PadWeights(const ModelSpec& config, FixedWeights width);

  // As ProtectedLayers::WeightObserver: rows in blocks of kGemmColumnBlock, the layer's last block
  // shorter. Thread-safe for different blocks.
  void AddRows(LinearLayer layer, size_t first, ConstMatrixView<int16_t> wq);

  // y = x W^T modulo 2^32. x: [rows, n_in]; y: [rows, n_out]. Thread-safe, each call with a pool
  // and a workspace of its own. Constant-time in x.
  void Multiply(LinearLayer layer, ConstMatrixView<uint32_t> x, MatrixView<uint32_t> y,
                Workspace& workspace, ThreadPool& pool) const;

  const ModelSpec& config() const { return config_; }
  size_t packed_bytes() const;

 private:
  ModelSpec config_;
  std::vector<GemmWeights> weights_;  // By layer index.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_PAD_WEIGHTS_H_
