#include "model/inspect.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"
#include "base/strings.h"
#include "model/linear_layers.h"
#include "model/printable.h"
#include "model/tensor_names.h"

namespace sotto {
namespace {

struct Counts {
  uint64_t linear_weights = 0, linear_rows = 0;  // A tied lm_head included: it is packed too.
  uint64_t linear_f32_bytes = 0;                 // Of precision f32: two where they are bf16.
  uint64_t vectors = 0;  // Elements of norms, biases and a classifier's rows.
  uint64_t embedding_bytes = 0;
};

Counts Count(const Checkpoint& checkpoint) {
  Counts counts;
  for (const LinearLayer layer : AllLinearLayers(checkpoint.config())) {
    const LinearShape shape = ShapeOf(checkpoint.config(), layer);
    const uint64_t weights = uint64_t{shape.n_in} * shape.n_out;
    counts.linear_weights += weights;
    counts.linear_f32_bytes += weights * (IsStoredAs(checkpoint, layer, DType::kBF16) ? 2 : 4);
    counts.linear_rows += shape.n_out;
  }
  for (const TensorRef& tensor : checkpoint.tensors()) {
    if (tensor.shape.size() == 1) counts.vectors += tensor.shape[0];
    // A classifier's rows are kept in f32, as vectors are.
    if (tensor.name == kScoreName) counts.vectors += tensor.shape[0] * tensor.shape[1];
    if (tensor.name == kEmbeddingName) counts.embedding_bytes = tensor.size_bytes;
  }
  return counts;
}

std::vector<PrecisionMemory> MemoryPerPrecision(const Counts& counts) {
  const uint64_t fixed = counts.embedding_bytes + 4 * counts.vectors;
  const uint64_t scales = 4 * counts.linear_rows;
  return {{"f32", fixed + counts.linear_f32_bytes},
          {"bf16", fixed + 2 * counts.linear_weights},
          {"int8", fixed + counts.linear_weights + scales},
          {"fixed", fixed + counts.linear_weights + scales}};
}

std::string Line(std::string_view name, const std::string& value) {
  std::string line(name);
  line.resize(std::max<size_t>(24, line.size() + 1), ' ');
  return line + value + "\n";
}

std::string RopeText(const RopeSpec& rope) {
  const RopeScaling& scaling = rope.scaling;
  std::string theta = StrCat("theta ", rope.theta);
  switch (scaling.type) {
    case RopeScalingType::kNone:
      return theta;
    case RopeScalingType::kLinear:
      return StrCat(theta, ", linear, factor ", scaling.factor);
    case RopeScalingType::kLlama3:
      return StrCat(theta, ", llama3, factor ", scaling.factor);
    case RopeScalingType::kDynamic:
      return StrCat(theta, ", dynamic, factor ", scaling.factor);
  }
  SOTTO_CHECK(false && "unknown RopeScalingType");
}

std::string BytesText(uint64_t bytes) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

// What not every family has; empty where the model has none of it.
std::string AttentionLines(const ModelSpec& config) {
  std::string lines;
  const LayerSpec* windowed = nullptr;
  size_t count = 0;
  for (const LayerSpec& layer : config.layers) {
    if (!layer.attention.window) continue;
    windowed = &layer;
    ++count;
  }
  if (windowed != nullptr) {
    lines += Line("sliding window", StrCat(*windowed->attention.window, " positions, in ", count,
                                           " of ", config.num_layers(), " layers"));
  }
  if (config.heads().qk_norm) lines += Line("norm of q and k", "in every head");
  return lines;
}

std::string RopeTexts(const ModelSpec& config) {
  std::string texts = RopeText(config.heads().rope);
  for (const LayerSpec& layer : config.layers) {
    if (layer.attention.rope == config.heads().rope) continue;
    return StrCat(texts, "; other layers: ", RopeText(layer.attention.rope));
  }
  return texts;
}

std::string HeadLine(const ModelSpec& config) {
  if (config.has_lm_head()) {
    return Line("lm_head", config.tie_word_embeddings ? "tied to the embedding" : "separate");
  }
  const std::vector<std::string>& labels = config.head.labels;
  if (labels.empty()) return Line("head", "none: hidden states are the result");
  // All of a few; of many, the first.
  constexpr size_t kShown = 8;
  std::string names;
  for (size_t i = 0; i < std::min(labels.size(), kShown); ++i) {
    names += StrCat(i == 0 ? "" : ", ", Printable(labels[i]));
  }
  if (labels.size() > kShown) names += ", ..";
  return Line("head", StrCat("classifier of ", labels.size(),
                             labels.size() == 1 ? " label: " : " labels: ", names));
}

std::string ShapeLines(const ModelSpec& config) {
  const AttentionSpec& heads = config.heads();
  return Line("hidden size", StrCat(config.hidden_size)) +
         Line("intermediate size", StrCat(config.layers.front().mlp.intermediate_size)) +
         Line("layers", StrCat(config.num_layers())) +
         Line("attention heads", StrCat(heads.num_heads, ", ", heads.num_kv_heads,
                                        " for keys and values, of ", heads.head_dim)) +
         Line("vocabulary", StrCat(config.vocab_size)) +
         Line("longest prompt", StrCat(config.max_position_embeddings)) + AttentionLines(config) +
         Line("rope", RopeTexts(config)) + HeadLine(config);
}

}  // namespace

ModelSummary SummarizeModel(const Checkpoint& checkpoint) {
  ModelSummary summary{checkpoint.config(), checkpoint.parameter_count(), 0, {}, {}};
  for (const TensorRef& tensor : checkpoint.tensors()) {
    summary.stored_bytes += tensor.size_bytes;
    const std::string dtype(DTypeName(tensor.dtype));
    if (std::count(summary.dtypes.begin(), summary.dtypes.end(), dtype) == 0) {
      summary.dtypes.push_back(dtype);
    }
  }
  summary.memory = MemoryPerPrecision(Count(checkpoint));
  return summary;
}

std::string FormatSummary(const ModelSummary& summary) {
  std::string dtypes;
  for (const std::string& dtype : summary.dtypes) dtypes += (dtypes.empty() ? "" : ", ") + dtype;
  std::string text = Line("architecture", summary.config.architecture) +
                     ShapeLines(summary.config) + Line("parameters", StrCat(summary.parameters)) +
                     Line("stored as", StrCat(dtypes, ", ", BytesText(summary.stored_bytes)));
  for (const PrecisionMemory& memory : summary.memory) {
    text += Line(StrCat("memory, ", memory.precision), BytesText(memory.bytes));
  }
  return text;
}

std::string FormatDigests(const ModelDigests& digests, const std::string& sealed_root) {
  const std::string tokenizer =
      digests.tokenizer_sha256.empty() ? "none" : digests.tokenizer_sha256;
  const std::string text =
      Line("model_sha256", StrCat(digests.model_sha256(), "  for --model-sha256")) +
      Line("config_sha256", StrCat(digests.config_sha256, "  within model_sha256")) +
      Line("tokenizer_sha256", StrCat(tokenizer, "  within model_sha256")) +
      Line("weights_sha256", StrCat(digests.weights_sha256, "  for --weights-sha256"));
  if (sealed_root.empty()) return text;
  return text + Line("sealed_root", StrCat(sealed_root, "  for --weights-root"));
}

}  // namespace sotto
