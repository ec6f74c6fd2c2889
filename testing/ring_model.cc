#include "testing/ring_model.h"

#include <random>

#include "base/check.h"
#include "kernels/tiled_product.h"
#include "model/quantized_weights.h"

namespace sotto {
namespace {

Matrix<int16_t> Quantise(ConstMatrixView<float> w) {
  Matrix<int16_t> wq(w.rows(), w.cols());
  std::vector<float> scales(w.rows());
  std::vector<uint32_t> l1_norms(w.rows());
  QuantizeFixedWeightRows(w, FixedWeights::k12Bits, wq.view(), scales.data(), l1_norms.data());
  return wq;
}

}  // namespace

void RingModel::Multiply(LinearLayer layer, ConstMatrixView<uint32_t> x,
                         MatrixView<uint32_t> y) const {
  const ConstMatrixView<int16_t> w = weights[LinearLayerIndex(config, layer)].view();
  SOTTO_CHECK(x.cols() == w.cols() && y.cols() == w.rows() && x.rows() == y.rows());
  MultiplyRingPortable(x, w, y);
}

TinyModel::TinyModel(const ModelSpec& config, uint32_t seed) : config_(config) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  auto ring = std::make_shared<RingModel>();
  ring->config = config;
  for (LinearLayer layer : AllLinearLayers(config)) {
    const auto [n_in, n_out] = ShapeOf(config, layer);
    Matrix<float>& w = weights_.emplace_back(n_out, n_in);
    for (size_t i = 0; i < n_out * n_in; ++i) w.view().data()[i] = uniform(rng);
    ring->weights.push_back(Quantise(w.view()));
    std::vector<float>& bias = biases_.emplace_back(HasBias(config, layer) ? n_out : 0);
    for (float& b : bias) b = uniform(rng);
  }
  ring_ = std::move(ring);
}

ProtectedLayers TinyModel::Protect(Drbg& random, ThreadPool& pool,
                                   ProtectedLayers::WeightObserver observer) const {
  const auto read_rows = [&](LinearLayer layer, size_t begin, MatrixView<float> out) {
    const ConstMatrixView<float> w = weights_[LinearLayerIndex(config_, layer)].view();
    for (size_t j = 0; j < out.rows(); ++j) {
      std::copy_n(w.row(begin + j), w.cols(), out.row(j));
    }
    return absl::OkStatus();
  };
  const auto read_bias = [&](LinearLayer layer) -> absl::StatusOr<std::vector<float>> {
    return biases_[LinearLayerIndex(config_, layer)];
  };
  const auto drop = [](LinearLayer) {};
  auto layers =
      ProtectedLayers::Read(config_, {read_rows, read_bias, drop}, random, pool, observer);
  SOTTO_CHECK(layers.ok());
  return *std::move(layers);
}

ProtectedLayers TinyModel::Protect(Drbg& random, ThreadPool& pool) const {
  return Protect(random, pool, [](LinearLayer, size_t, ConstMatrixView<int16_t>) {});
}

absl::StatusOr<std::shared_ptr<const RingModel>> ReadRingModel(const Checkpoint& checkpoint) {
  auto ring = std::make_shared<RingModel>();
  ring->config = checkpoint.config();
  for (LinearLayer layer : AllLinearLayers(ring->config)) {
    const auto [n_in, n_out] = ShapeOf(ring->config, layer);
    Matrix<float> w(n_out, n_in);
    SOTTO_RETURN_IF_ERROR(ReadLinearRows(checkpoint, layer, 0, w.view()));
    ring->weights.push_back(Quantise(w.view()));
  }
  return ring;
}

}  // namespace sotto
