#include "enclave/linear/local.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/cpu.h"
#include "base/log.h"
#include "base/strings.h"
#include "enclave/linear/epilogue.h"
#include "enclave/linear/local_workspace.h"
#include "enclave/linear/operand.h"
#include "enclave/linear/packed_layer.h"
#include "enclave/linear/tile_plan.h"
#include "enclave/linear/weight_cache.h"
#include "kernels/gemm.h"

namespace sotto {
namespace {

// Rows that one task turns into operands.
constexpr size_t kOperandRows = 16;
// Rows between the one being finished and the one whose memory is asked for.
constexpr size_t kRowsAhead = 4;

size_t CeilDiv(size_t n, size_t unit) { return (n + unit - 1) / unit; }

// One layer applied to one input.
class Product {
 public:
  Product(const PackedLayer& layer, const LinearInput& input, LinearTail tail, MatrixView<float> y,
          int threads)
      : layer_(layer),
        input_(input),
        tail_(tail),
        y_(y),
        workspace_(DivideWorkspace(layer, tokens(), threads, input.workspace)) {}

  void Run(ThreadPool& pool) {
    pool.ParallelFor(CeilDiv(tokens(), kOperandRows),
                     [this](size_t task, int worker) { WriteOperand(task, worker); });
    const TilePlan plan(layer_.weights, tokens(), pool.threads());
    pool.ParallelFor(plan.tiles(),
                     [&](size_t task, int worker) { MultiplyTile(plan.TileAt(task), worker); });
  }

 private:
  size_t tokens() const { return input_.x.rows(); }

  void WriteOperand(size_t task, int worker) {
    uint8_t* scratch = workspace_.WorkerPart(worker).row_scratch;
    const size_t begin = task * kOperandRows, end = std::min(tokens(), begin + kOperandRows);
    for (size_t row = begin; row < end; ++row) {
      WriteOperandRow(layer_, input_, row, workspace_.operand, scratch);
    }
    ZeroOperandRows(layer_, end, RoundUpToGemmRows(end), workspace_.operand);
  }

  void MultiplyTile(const TilePlan::Tile& tile, int worker) {
    const LocalWorkspace::Worker part = workspace_.WorkerPart(worker);
    const auto [column_block, first_row, rows] = tile;
    const uint8_t* a = workspace_.operand.Row(first_row);
    layer_.weights.Multiply(column_block, a, rows, part.tile, part.gemm_scratch);
    if (layer_.precision == Precision::kFixed) {
      layer_.weights.Multiply(column_block, a + workspace_.operand.plane_bytes, rows, part.low_tile,
                              part.gemm_scratch);
    }
    for (size_t i = 0; i < rows; ++i) {
      if (i + kRowsAhead < rows) {
        PrefetchOutputRow(layer_, column_block, tail_, y_.row(first_row + i + kRowsAhead));
      }
      const size_t offset = i * kGemmColumnBlock * sizeof(float);
      const float row_scale = workspace_.operand.row_scales[first_row + i];
      FinishRow(layer_, column_block, {part.tile + offset, part.low_tile + offset, row_scale},
                tail_, y_.row(first_row + i));
    }
  }

  const PackedLayer& layer_;
  const LinearInput& input_;
  const LinearTail tail_;
  const MatrixView<float> y_;
  const LocalWorkspace workspace_;
};

class LocalLinear : public Linear {
 public:
  LocalLinear(LlamaConfig config, Precision precision, std::vector<PackedLayer> layers)
      : config_(std::move(config)), precision_(precision), layers_(std::move(layers)) {}

  AttentionPrecision attention_precision() const override {
    return AttentionPrecisionFor(precision_);
  }

  size_t WorkspaceBytes(size_t max_tokens, int threads) const override {
    return PlanLocalLinear(config_, precision_, max_tokens, threads).workspace_bytes;
  }

  absl::Status Apply(LinearLayer layer, const LinearInput& input, LinearTail tail,
                     MatrixView<float> y, ThreadPool& pool) override {
    const PackedLayer& packed = layers_[LinearLayerIndex(config_, layer)];
    const size_t n_out = packed.weights.n_out();
    SOTTO_CHECK(input.x.cols() == packed.weights.n_in() && y.rows() == input.x.rows());
    SOTTO_CHECK(y.cols() == (tail == LinearTail::kSwiGlu ? n_out / 2 : n_out));
    SOTTO_CHECK(tail != LinearTail::kSwiGlu || layer.kind == LinearKind::kGateUp);
    Product(packed, input, tail, y, pool.threads()).Run(pool);
    return absl::OkStatus();
  }

 private:
  const LlamaConfig config_;
  const Precision precision_;
  const std::vector<PackedLayer> layers_;
};

absl::StatusOr<std::vector<PackedLayer>> PackAllLayers(const Checkpoint& checkpoint,
                                                       Precision precision, ThreadPool& pool) {
  std::vector<PackedLayer> layers;
  for (LinearLayer layer : AllLinearLayers(checkpoint.config())) {
    SOTTO_ASSIGN_OR_RETURN(PackedLayer packed, PackLayer(checkpoint, layer, precision, pool));
    layers.push_back(std::move(packed));
  }
  return layers;
}

// From the cache, or from the checkpoint and then into the cache.
absl::StatusOr<std::vector<PackedLayer>> LoadOrPack(const Checkpoint& checkpoint,
                                                    const LocalLinearOptions& options,
                                                    ThreadPool& pool) {
  const std::string path = WeightCachePath(options.weight_cache_dir, checkpoint, options.precision);
  absl::StatusOr<std::vector<PackedLayer>> cached =
      ReadWeightCache(path, checkpoint.config(), options.precision, pool);
  if (cached.ok()) {
    // The fingerprint's samples made some of each tensor resident.
    for (LinearLayer layer : AllLinearLayers(checkpoint.config())) {
      DropLinearPages(checkpoint, layer);
    }
    return cached;
  }
  if (!absl::IsNotFound(cached.status())) {
    Log(LogLevel::kWarning, StrCat(ToStd(cached.status().message()), "; it is rebuilt"));
  }
  SOTTO_ASSIGN_OR_RETURN(std::vector<PackedLayer> layers,
                         PackAllLayers(checkpoint, options.precision, pool));
  if (const absl::Status status = WriteWeightCache(path, layers, pool); !status.ok()) {
    Log(LogLevel::kWarning, StrCat("no weight cache: ", ToStd(status.message())));
  }
  return layers;
}

}  // namespace

LocalLinearMemory PlanLocalLinear(const LlamaConfig& config, Precision precision, size_t max_tokens,
                                  int threads) {
  // Of a packed column: its scale, its sum and a bias.
  constexpr size_t kColumnBytes = 3 * sizeof(float);
  LocalLinearMemory memory;
  for (LinearLayer layer : AllLinearLayers(config)) {
    const LinearShape shape = ShapeOf(config, layer);
    memory.weight_bytes +=
        GemmWeights::PackedBytes(OperandsOf(precision), shape.n_in, shape.n_out) +
        shape.n_out * kColumnBytes;
    memory.workspace_bytes = std::max(memory.workspace_bytes,
                                      LocalWorkspaceBytes(precision, shape, max_tokens, threads));
  }
  return memory;
}

absl::StatusOr<std::unique_ptr<Linear>> MakeLocalLinear(const Checkpoint& checkpoint,
                                                        const LocalLinearOptions& options,
                                                        ThreadPool& pool) {
  // Older instructions add byte products in 16 bits, saturating: wrong, not only slow.
  if (options.precision >= Precision::kInt8 && !GemmIsNative(GemmOperands::kU8S8)) {
    return absl::UnimplementedError(
        StrCat("precision ", PrecisionName(options.precision),
               " needs a processor with AVX512-VNNI or AMX; this one is ", CpuFeatureString()));
  }
  SOTTO_ASSIGN_OR_RETURN(std::vector<PackedLayer> layers,
                         options.weight_cache_dir.empty()
                             ? PackAllLayers(checkpoint, options.precision, pool)
                             : LoadOrPack(checkpoint, options, pool));
  return std::make_unique<LocalLinear>(checkpoint.config(), options.precision, std::move(layers));
}

}  // namespace sotto
