#include "trusted/split/protected_layers.h"

#include <algorithm>
#include <atomic>

#include "base/loading.h"
#include "kernels/gemm.h"
#include "model/quantized_weights.h"

namespace sotto {
namespace {

// As many as a column block of the pad factory's packed weights (kernels/gemm.h).
constexpr size_t kRowsPerBlock = kGemmColumnBlock;

absl::Status ReadLayer(const ProtectedLayers::Source& source, LinearLayer layer,
                       ProtectedLayers::WeightObserver observer, ProtectedLayer& out) {
  const auto [n_in, n_out] = out.shape;
  Matrix<float> w(kRowsPerBlock, n_in);
  Matrix<int16_t> wq(kRowsPerBlock, n_in);
  std::vector<uint32_t> l1_norms(n_out);
  out.scales.resize(n_out);
  for (size_t first = 0; first < n_out; first += kRowsPerBlock) {
    const size_t rows = std::min(kRowsPerBlock, n_out - first);
    SOTTO_RETURN_IF_ERROR(source.read_rows(layer, first, w.view().Rows(0, rows)));
    const MatrixView<int16_t> quantised = wq.view().Rows(0, rows);
    QuantizeFixedWeightRows(w.view().Rows(0, rows), source.width, quantised,
                            out.scales.data() + first, l1_norms.data() + first);
    out.key.AddWeightRows(first, quantised);
    observer(layer, first, quantised);
  }
  source.drop(layer);
  out.key.Finish();
  out.limit = ActivationLimit(*std::max_element(l1_norms.begin(), l1_norms.end()));
  SOTTO_ASSIGN_OR_RETURN(out.bias, source.read_bias(layer));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ProtectedLayers> ProtectedLayers::Read(const Checkpoint& checkpoint,
                                                      FixedWeights width, Drbg& random,
                                                      ThreadPool& pool, WeightObserver observer) {
  const auto read_rows = [&](LinearLayer layer, size_t begin, MatrixView<float> out) {
    return ReadLinearRows(checkpoint, layer, begin, out);
  };
  const auto read_bias = [&](LinearLayer layer) { return ReadLinearBias(checkpoint, layer); };
  const auto drop = [&](LinearLayer layer) { DropLinearPages(checkpoint, layer); };
  return Read(checkpoint.config(), {read_rows, read_bias, drop, width}, random, pool, observer);
}

absl::StatusOr<ProtectedLayers> ProtectedLayers::Read(const ModelSpec& config, const Source& source,
                                                      Drbg& random, ThreadPool& pool,
                                                      WeightObserver observer) {
  const std::vector<LinearLayer> names = AllLinearLayers(config);
  size_t max_n_out = 0;
  for (LinearLayer layer : names) max_n_out = std::max(max_n_out, ShapeOf(config, layer).n_out);

  ProtectedLayers all(config, std::make_unique<FreivaldsSecret>(max_n_out, random));
  for (LinearLayer layer : names) {
    const LinearShape shape = ShapeOf(config, layer);
    all.layers_.push_back({shape, 0, {}, {}, FreivaldsKey(*all.secret_, shape.n_in, shape.n_out)});
  }
  std::vector<absl::Status> results(names.size());
  std::atomic<size_t> done = 0;
  // From the end: lm_head is the longest task.
  pool.ParallelFor(names.size(), [&](size_t task, int) {
    const size_t i = names.size() - 1 - task;
    results[i] = ReadLayer(source, names[i], observer, all.layers_[i]);
    ReportLoading("reading weights to verify with", ++done, names.size());
  });
  for (const absl::Status& result : results) SOTTO_RETURN_IF_ERROR(result);
  return all;
}

}  // namespace sotto
