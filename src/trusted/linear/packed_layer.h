// One linear layer's weights as a precision multiplies them.
#ifndef SOTTO_TRUSTED_LINEAR_PACKED_LAYER_H_
#define SOTTO_TRUSTED_LINEAR_PACKED_LAYER_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "kernels/gemm.h"
#include "model/checkpoint.h"
#include "model/linear_layers.h"
#include "trusted/linear/local.h"

namespace sotto {

// Columns of everything stand in packed order (column_order.h).
struct PackedLayer {
  LinearLayer layer;
  Precision precision;
  GemmWeights weights;
  std::vector<float> bias = {};  // [n_out], or empty.
  // kInt8 and kFixed:
  std::vector<float> scales = {};  // s_j, [n_out]
  std::vector<int32_t> weight_sums =
      {};                        // sum_i wq(j, i), [n_out]: undoes the offset of u8 operands.
  int32_t activation_limit = 0;  // A
};

// What rows are multiplied as.
GemmOperands OperandsOf(Precision precision);

// What PackLayer() needs beside the packed layer, for a layer of `n_in` inputs.
size_t PackingBytes(GemmOperands form, size_t n_in, int threads);

// A layer with memory for everything, and nothing in it yet. RESOURCE_EXHAUSTED without memory.
absl::StatusOr<PackedLayer> MakeEmptyLayer(const ModelSpec& config, LinearLayer layer,
                                           Precision precision, GemmOperands form);

// Reads, converts and packs one layer, its blocks in parallel, and drops the checkpoint's pages.
// DATA_LOSS as ReadLinearRows; RESOURCE_EXHAUSTED without memory.
absl::StatusOr<PackedLayer> PackLayer(const Checkpoint& checkpoint, LinearLayer layer,
                                      Precision precision, GemmOperands form, ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_PACKED_LAYER_H_
