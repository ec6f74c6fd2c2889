#include "trusted/linear/local.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/loading.h"
#include "base/log.h"
#include "base/strings.h"
#include "kernels/gemm.h"
#include "trusted/linear/local_product.h"
#include "trusted/linear/local_workspace.h"
#include "trusted/linear/packed_layer.h"
#include "trusted/linear/weight_cache.h"

namespace sotto {
namespace {

class LocalLinear : public Linear {
 public:
  LocalLinear(ModelSpec config, const LocalLinearOptions& options, std::vector<PackedLayer> layers)
      : config_(PackedSpec(std::move(config), options)),
        precision_(options.precision),
        attention_(options.attention.value_or(AttentionPrecisionFor(options.precision))),
        layers_(std::move(layers)) {}

  AttentionPrecision attention_precision() const override { return attention_; }

  size_t WorkspaceBytes(size_t max_tokens, int threads) const override {
    WeightForms forms;
    for (const PackedLayer& layer : layers_) forms.push_back(layer.weights.operands());
    return PlanLocalLinear(config_, precision_, forms, max_tokens, threads).workspace_bytes;
  }

  absl::Status Apply(LinearLayer layer, const LinearInput& input, LinearTail tail,
                     MatrixView<float> y, ThreadPool& pool) override {
    const size_t index = IndexOf(layer);
    const PackedLayer& packed = layers_[index];
    const PackedLayer* next = index + 1 < layers_.size() ? &layers_[index + 1] : nullptr;
    const size_t n_out = packed.weights.n_out();
    SOTTO_CHECK(input.x.cols() == packed.weights.n_in() && y.rows() == input.x.rows());
    SOTTO_CHECK(y.cols() == (tail == LinearTail::kSwiGlu ? n_out / 2 : n_out));
    SOTTO_CHECK(tail != LinearTail::kSwiGlu || layer.kind == LinearKind::kGateUp);
    MultiplyLayer(packed, next, input, tail, y, pool);
    return absl::OkStatus();
  }

  absl::Status ApplyColumns(LinearLayer layer, const LinearInput& input,
                            std::span<const size_t> columns, MatrixView<float> y,
                            ThreadPool& pool) override {
    const PackedLayer& packed = layers_[IndexOf(layer)];
    SOTTO_CHECK(layer.kind != LinearKind::kGateUp && y.cols() == packed.weights.n_out());
    SOTTO_CHECK(input.x.cols() == packed.weights.n_in() && y.rows() == input.x.rows());
    MultiplyColumns(packed, input, columns, y, pool);
    return absl::OkStatus();
  }

 private:
  size_t IndexOf(LinearLayer layer) const {
    const size_t index = LinearLayerIndex(config_, layer);
    SOTTO_CHECK(index < layers_.size());
    return index;
  }

  const ModelSpec config_;
  const Precision precision_;
  const AttentionPrecision attention_;
  const std::vector<PackedLayer> layers_;
};

absl::StatusOr<std::vector<PackedLayer>> PackAllLayers(const Checkpoint& checkpoint,
                                                       const LocalLinearOptions& options,
                                                       ThreadPool& pool) {
  const std::vector<LinearLayer> names = AllLinearLayers(PackedSpec(checkpoint.config(), options));
  const WeightForms forms = WeightFormsOf(checkpoint, options.precision, options.fixed_weights);
  std::vector<PackedLayer> layers;
  for (LinearLayer layer : names) {
    ReportLoading("packing weights", layers.size(), names.size());
    SOTTO_ASSIGN_OR_RETURN(PackedLayer packed, PackLayer(checkpoint, layer, options.precision,
                                                         forms[layers.size()], pool));
    layers.push_back(std::move(packed));
  }
  ReportLoading("packing weights", names.size(), names.size());
  return layers;
}

// From the cache, or from the checkpoint and then into the cache.
absl::StatusOr<std::vector<PackedLayer>> LoadOrPack(const Checkpoint& checkpoint,
                                                    const LocalLinearOptions& options,
                                                    ThreadPool& pool) {
  const WeightForms forms = WeightFormsOf(checkpoint, options.precision, options.fixed_weights);
  SOTTO_ASSIGN_OR_RETURN(const std::string path,
                         WeightCachePath(options.weight_cache_dir, checkpoint, options));
  absl::StatusOr<std::vector<PackedLayer>> cached = ReadWeightCache(
      path, PackedSpec(checkpoint.config(), options), options.precision, forms, pool);
  if (cached.ok()) {
    Log(LogLevel::kInfo, StrCat("packed weights from ", path));
    return cached;
  }
  if (!absl::IsNotFound(cached.status())) {
    Log(LogLevel::kWarning, StrCat(ToStd(cached.status().message()), "; rebuilding it"));
  }
  SOTTO_ASSIGN_OR_RETURN(std::vector<PackedLayer> layers, PackAllLayers(checkpoint, options, pool));
  std::error_code error;  // Writing tells.
  std::filesystem::create_directories(options.weight_cache_dir, error);
  const absl::Status status = WriteWeightCache(path, layers, pool);
  if (status.ok()) {
    Log(LogLevel::kInfo, StrCat("packed weights kept in ", path));
  } else {
    Log(LogLevel::kWarning, StrCat("no weight cache: ", ToStd(status.message())));
  }
  return layers;
}

}  // namespace

ModelSpec PackedSpec(ModelSpec config, const LocalLinearOptions& options) {
  if (!options.lm_head && config.has_lm_head()) config.head.kind = HeadKind::kNone;
  return config;
}

WeightForms WeightFormsOf(const Checkpoint& checkpoint, Precision precision,
                          FixedWeights fixed_weights) {
  if (precision == Precision::kFixed) {
    return WeightForms(AllLinearLayers(checkpoint.config()).size(), RingOperandsOf(fixed_weights));
  }
  WeightForms forms;
  for (const LinearLayer layer : AllLinearLayers(checkpoint.config())) {
    const bool narrowed =
        precision == Precision::kF32 && IsStoredAs(checkpoint, layer, DType::kBF16);
    forms.push_back(narrowed ? GemmOperands::kF32ByBf16 : OperandsOf(precision));
  }
  return forms;
}

LocalLinearMemory PlanLocalLinear(const ModelSpec& config, Precision precision,
                                  const WeightForms& forms, size_t max_tokens, int threads) {
  // Of a packed column: its scale, its sum and a bias.
  constexpr size_t kColumnBytes = 3 * sizeof(float);
  LocalLinearMemory memory;
  const std::vector<LinearLayer> layers = AllLinearLayers(config);
  SOTTO_CHECK(forms.size() >= layers.size());
  for (size_t i = 0; i < layers.size(); ++i) {
    const LinearShape shape = ShapeOf(config, layers[i]);
    memory.weight_bytes +=
        GemmWeights::PackedBytes(forms[i], shape.n_in, shape.n_out) + shape.n_out * kColumnBytes;
    memory.packing_bytes =
        std::max(memory.packing_bytes, PackingBytes(forms[i], shape.n_in, threads));
    memory.workspace_bytes =
        std::max(memory.workspace_bytes,
                 LocalWorkspaceBytes(precision, forms[i], shape, max_tokens, threads));
  }
  return memory;
}

absl::StatusOr<std::unique_ptr<Linear>> MakeLocalLinear(const Checkpoint& checkpoint,
                                                        const LocalLinearOptions& options,
                                                        ThreadPool& pool) {
  SOTTO_ASSIGN_OR_RETURN(std::vector<PackedLayer> layers,
                         options.weight_cache_dir.empty() ? PackAllLayers(checkpoint, options, pool)
                                                          : LoadOrPack(checkpoint, options, pool));
  return std::make_unique<LocalLinear>(checkpoint.config(), options, std::move(layers));
}

}  // namespace sotto
