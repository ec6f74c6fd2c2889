// The linear layers of a model as integer weights, for fakes of accelerators. Test-only.
#ifndef SOTTO_TESTING_RING_MODEL_H_
#define SOTTO_TESTING_RING_MODEL_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/matrix.h"
#include "base/status.h"
#include "model/checkpoint.h"
#include "model/linear_layers.h"
#include "trusted/split/protected_layers.h"

namespace sotto {

struct RingModel {
  ModelSpec config;
  std::vector<Matrix<int16_t>> weights;  // By layer index, [n_out, n_in].

  // y = x W^T modulo 2^32. x: [rows, n_in]; y: [rows, n_out].
  void Multiply(LinearLayer layer, ConstMatrixView<uint32_t> x, MatrixView<uint32_t> y) const;
};

// A model of random float weights, and its integer twin.
class TinyModel {
 public:
  // Weights uniform in [-1, 1), biases (of q, k, v and out) likewise when the config has them.
  TinyModel(const ModelSpec& config, uint32_t seed);

  const ModelSpec& config() const { return config_; }
  std::shared_ptr<const RingModel> ring() const { return ring_; }
  ProtectedLayers Protect(Drbg& random, ThreadPool& pool,
                          ProtectedLayers::WeightObserver observer) const;
  ProtectedLayers Protect(Drbg& random, ThreadPool& pool) const;

 private:
  ModelSpec config_;
  std::vector<Matrix<float>> weights_;
  std::vector<std::vector<float>> biases_;
  std::shared_ptr<const RingModel> ring_;
};

// The integer weights of a checkpoint's linear layers.
absl::StatusOr<std::shared_ptr<const RingModel>> ReadRingModel(const Checkpoint& checkpoint);

}  // namespace sotto

#endif  // SOTTO_TESTING_RING_MODEL_H_
