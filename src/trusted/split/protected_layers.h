// What the trusted process keeps of each linear layer when somebody else multiplies: the public
// numbers of the fixed-point format and the secret vectors of verification, but no weight.
#ifndef SOTTO_TRUSTED_SPLIT_PROTECTED_LAYERS_H_
#define SOTTO_TRUSTED_SPLIT_PROTECTED_LAYERS_H_

#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/matrix.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"
#include "model/linear_layers.h"
#include "sotto/precision.h"
#include "trusted/split/freivalds.h"

namespace sotto {

struct ProtectedLayer {
  LinearShape shape;
  int32_t limit = 0;          // A: |xq| <= A keeps every product in int32.
  std::vector<float> scales;  // [n_out]
  std::vector<float> bias;    // [n_out], or empty.
  FreivaldsKey key;
};

// Immutable once read, so thread-safe.
class ProtectedLayers {
 public:
  // Sees each block of quantised rows [first, first + wq.rows()) of each layer once, from any
  // thread (several layers at once): how pads.h gets weights of its own.
  using WeightObserver =
      absl::FunctionRef<void(LinearLayer layer, size_t first, ConstMatrixView<int16_t> wq)>;

  // Where weights come from: model/linear_layers.h's functions, without the checkpoint.
  struct Source {
    absl::FunctionRef<absl::Status(LinearLayer, size_t begin, MatrixView<float> out)> read_rows;
    absl::FunctionRef<absl::StatusOr<std::vector<float>>(LinearLayer)> read_bias;
    absl::FunctionRef<void(LinearLayer)> drop;   // Its rows will not be read again.
    FixedWeights width = FixedWeights::k12Bits;  // What they become.
  };

  // Reads every linear weight once, layer by layer, dropping the checkpoint's pages behind. The
  // caller has compared the checkpoint's digest with the one it trusts.
  static absl::StatusOr<ProtectedLayers> Read(const Checkpoint& checkpoint, FixedWeights width,
                                              Drbg& random, ThreadPool& pool,
                                              WeightObserver observer);
  static absl::StatusOr<ProtectedLayers> Read(const ModelSpec& config, const Source& source,
                                              Drbg& random, ThreadPool& pool,
                                              WeightObserver observer);

  const ModelSpec& config() const { return config_; }
  const ProtectedLayer& at(LinearLayer layer) const {
    return layers_[LinearLayerIndex(config_, layer)];
  }

 private:
  ProtectedLayers(const ModelSpec& config, std::unique_ptr<FreivaldsSecret> secret)
      : config_(config), secret_(std::move(secret)) {}

  ModelSpec config_;
  std::unique_ptr<FreivaldsSecret> secret_;  // The keys refer to it.
  std::vector<ProtectedLayer> layers_;       // By layer index.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_PROTECTED_LAYERS_H_
