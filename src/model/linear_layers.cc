#include "model/linear_layers.h"

#include <algorithm>

#include "base/strings.h"
#include "model/tensor_names.h"

namespace sotto {
namespace {

constexpr size_t kLayersPerBlock = 4;

// The projections a layer is fused of, in the order of its rows.
std::vector<std::string> ProjectionNames(LinearLayer layer) {
  switch (layer.kind) {
    case LinearKind::kQkv:
      return {BlockTensorName(layer.block, "self_attn.q_proj"),
              BlockTensorName(layer.block, "self_attn.k_proj"),
              BlockTensorName(layer.block, "self_attn.v_proj")};
    case LinearKind::kAttentionOut:
      return {BlockTensorName(layer.block, "self_attn.o_proj")};
    case LinearKind::kGateUp:
      return {BlockTensorName(layer.block, "mlp.gate_proj"),
              BlockTensorName(layer.block, "mlp.up_proj")};
    case LinearKind::kDown:
      return {BlockTensorName(layer.block, "mlp.down_proj")};
    case LinearKind::kLmHead:
      return {"lm_head"};
  }
  SOTTO_CHECK(false && "unknown LinearKind");
}

// The weights in the order of the layer's rows. A tied lm_head is the embedding.
absl::StatusOr<std::vector<TensorRef>> Weights(const Checkpoint& checkpoint, LinearLayer layer) {
  std::vector<TensorRef> weights;
  for (const std::string& projection : ProjectionNames(layer)) {
    const bool tied = layer.kind == LinearKind::kLmHead && checkpoint.config().tie_word_embeddings;
    const std::string name = tied ? kEmbeddingName : StrCat(projection, ".weight");
    SOTTO_ASSIGN_OR_RETURN(TensorRef weight, checkpoint.Find(name));
    weights.push_back(std::move(weight));
  }
  return weights;
}

}  // namespace

bool HasBias(const ModelSpec& config, LinearLayer layer) {
  switch (layer.kind) {
    case LinearKind::kQkv:
      return config.layers[layer.block].attention.qkv_bias;
    case LinearKind::kAttentionOut:
      return config.layers[layer.block].attention.out_bias;
    case LinearKind::kGateUp:
    case LinearKind::kDown:
      return config.layers[layer.block].mlp.bias;
    case LinearKind::kLmHead:
      return false;
  }
  return false;
}

LinearShape ShapeOf(const ModelSpec& config, LinearLayer layer) {
  const size_t d = config.hidden_size;
  if (layer.kind == LinearKind::kLmHead) return {d, config.vocab_size};
  const AttentionSpec& attention = config.layers[layer.block].attention;
  const size_t intermediate = config.layers[layer.block].mlp.intermediate_size;
  switch (layer.kind) {
    case LinearKind::kQkv:
      return {d, attention.q_size() + 2 * attention.kv_size()};
    case LinearKind::kAttentionOut:
      return {attention.q_size(), d};
    case LinearKind::kGateUp:
      return {d, 2 * intermediate};
    case LinearKind::kDown:
      return {intermediate, d};
    case LinearKind::kLmHead:
      break;
  }
  SOTTO_CHECK(false && "unknown LinearKind");
}

std::vector<LinearLayer> AllLinearLayers(const ModelSpec& config) {
  std::vector<LinearLayer> layers;
  for (uint32_t block = 0; block < config.num_layers(); ++block) {
    for (const LinearKind kind :
         {LinearKind::kQkv, LinearKind::kAttentionOut, LinearKind::kGateUp, LinearKind::kDown}) {
      layers.push_back({kind, block});
    }
  }
  if (config.has_lm_head()) layers.push_back({LinearKind::kLmHead, 0});
  return layers;
}

size_t LinearLayerIndex(const ModelSpec& config, LinearLayer layer) {
  if (layer.kind == LinearKind::kLmHead) return config.num_layers() * kLayersPerBlock;
  return layer.block * kLayersPerBlock + static_cast<size_t>(layer.kind);
}

std::string LinearLayerName(LinearLayer layer) {
  switch (layer.kind) {
    case LinearKind::kQkv:
      return BlockTensorName(layer.block, "qkv");
    case LinearKind::kAttentionOut:
      return BlockTensorName(layer.block, "attention_out");
    case LinearKind::kGateUp:
      return BlockTensorName(layer.block, "gate_up");
    case LinearKind::kDown:
      return BlockTensorName(layer.block, "down");
    case LinearKind::kLmHead:
      return "lm_head";
  }
  SOTTO_CHECK(false && "unknown LinearKind");
}

absl::Status ReadLinearRows(const Checkpoint& checkpoint, LinearLayer layer, size_t begin,
                            MatrixView<float> out) {
  SOTTO_ASSIGN_OR_RETURN(const std::vector<TensorRef> weights, Weights(checkpoint, layer));
  size_t done = 0;  // Rows of `out` written.
  for (const TensorRef& weight : weights) {
    const size_t rows = weight.shape[0];
    if (begin < rows) {
      const size_t count = std::min(rows - begin, out.rows() - done);
      SOTTO_RETURN_IF_ERROR(checkpoint.ReadRows(weight, begin, out.Rows(done, count)));
      done += count;
    }
    begin -= std::min(begin, rows);
  }
  SOTTO_CHECK(done == out.rows());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<float>> ReadLinearBias(const Checkpoint& checkpoint, LinearLayer layer) {
  std::vector<float> bias;
  if (!HasBias(checkpoint.config(), layer)) return bias;
  for (const std::string& projection : ProjectionNames(layer)) {
    SOTTO_ASSIGN_OR_RETURN(const TensorRef part, checkpoint.Find(StrCat(projection, ".bias")));
    const size_t at = bias.size(), count = part.shape[0];
    bias.resize(at + count);
    SOTTO_RETURN_IF_ERROR(checkpoint.ReadRows(part, 0, MatrixView<float>(&bias[at], 1, count)));
  }
  return bias;
}

bool IsStoredAs(const Checkpoint& checkpoint, LinearLayer layer, DType dtype) {
  const absl::StatusOr<std::vector<TensorRef>> weights = Weights(checkpoint, layer);
  SOTTO_CHECK(weights.ok());
  return std::ranges::all_of(*weights, [&](const TensorRef& w) { return w.dtype == dtype; });
}

void DropLinearPages(const Checkpoint& checkpoint, LinearLayer layer) {
  if (layer.kind == LinearKind::kLmHead && checkpoint.config().tie_word_embeddings) {
    // The embedding is still needed; a copy of it, no more.
    const absl::StatusOr<TensorRef> copy = checkpoint.Find(kLmHeadName);
    if (copy.ok()) checkpoint.DropPages(*copy);
    return;
  }
  const absl::StatusOr<std::vector<TensorRef>> weights = Weights(checkpoint, layer);
  SOTTO_CHECK(weights.ok());
  for (const TensorRef& weight : *weights) checkpoint.DropPages(weight);
}

}  // namespace sotto
