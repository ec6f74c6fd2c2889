// The seam between the engine and whatever multiplies: the engine says what it wants computed, the
// implementation whether that happens here (local.h) or on blinded data elsewhere (offloaded.h).
#ifndef SOTTO_TRUSTED_LINEAR_LINEAR_H_
#define SOTTO_TRUSTED_LINEAR_LINEAR_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/matrix.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "kernels/attention.h"
#include "model/linear_layers.h"

namespace sotto {

// The input of a linear layer, with what precedes it, so that an implementation can fuse the two.
struct LinearInput {
  ConstMatrixView<float> x;           // [tokens, n_in]
  const float* rms_weight = nullptr;  // [n_in]: the layer multiplies RMSNorm(x) * rms_weight, or,
                                      // when null, x itself.
  float rms_eps = 0.0f;
  // WorkspaceBytes() or more, 64-byte aligned, this call's alone.
  std::span<uint8_t> workspace;
};

// What becomes of the product, with the same intent.
enum class LinearTail {
  kStore,   // y = x W^T + b                       y: [tokens, n_out]
  kAdd,     // y += x W^T + b  (the residual)      y: [tokens, n_out]
  kSwiGlu,  // y = silu(gate) * up; kGateUp only   y: [tokens, n_out / 2]
};

class Linear {
 public:
  virtual ~Linear() = default;

  // Memory that Apply wants for up to `max_tokens` rows of any layer and a pool of `threads`: the
  // engine sizes its arena once, and nothing is allocated in the forward pass.
  virtual size_t WorkspaceBytes(size_t max_tokens, int threads) const {
    (void)max_tokens, (void)threads;
    return 0;
  }

  // How exact attention between these layers should be.
  virtual AttentionPrecision attention_precision() const { return AttentionPrecision::kF32; }

  // Applies one layer. Blocks until y is complete. x and y do not overlap, but for the residual:
  // kAdd with rms_weight == nullptr may not alias either. `pool` is the caller's (its lane's) pool.
  // Thread-safe: several lanes may call at once, each with a pool of its own.
  // Each row of y depends on the same row of x alone, to the bit, whatever the other rows, their
  // number, and the number of threads.
  // Errors are the implementation's (local: none; offloaded: UNAVAILABLE, DEADLINE_EXCEEDED,
  // ABORTED when an answer failed verification); y is then unspecified.
  virtual absl::Status Apply(LinearLayer layer, const LinearInput& input, LinearTail tail,
                             MatrixView<float> y, ThreadPool& pool) = 0;

  // Columns `columns` (at least one, rising) of what Apply() stores, with the same bits, by as much
  // less work as the implementation can; y's other columns are unspecified. Not for kGateUp, whose
  // columns stand in pairs. Here: all of them.
  virtual absl::Status ApplyColumns(LinearLayer layer, const LinearInput& input,
                                    std::span<const size_t> columns, MatrixView<float> y,
                                    ThreadPool& pool) {
    (void)columns;
    return Apply(layer, input, LinearTail::kStore, y, pool);
  }
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_LINEAR_H_
