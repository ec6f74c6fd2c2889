#include "model/tensor_names.h"

#include "base/strings.h"

namespace sotto {
namespace {

// A projection's weight [n_out, n_in] and, where the config asks for one, its bias [n_out].
void AddProjection(size_t block, std::string_view name, size_t n_out, size_t n_in, bool bias,
                   std::vector<NamedShape>& tensors) {
  tensors.push_back({BlockTensorName(block, StrCat(name, ".weight")), {n_out, n_in}});
  if (bias) tensors.push_back({BlockTensorName(block, StrCat(name, ".bias")), {n_out}});
}

void AddBlock(const ModelSpec& config, size_t block, std::vector<NamedShape>& tensors) {
  const AttentionSpec& attention = config.layers[block].attention;
  const MlpSpec& mlp = config.layers[block].mlp;
  const size_t d = config.hidden_size, f = mlp.intermediate_size;
  const size_t q = attention.q_size(), kv = attention.kv_size();
  tensors.push_back({BlockTensorName(block, "input_layernorm.weight"), {d}});
  AddProjection(block, "self_attn.q_proj", q, d, attention.qkv_bias, tensors);
  AddProjection(block, "self_attn.k_proj", kv, d, attention.qkv_bias, tensors);
  AddProjection(block, "self_attn.v_proj", kv, d, attention.qkv_bias, tensors);
  if (attention.qk_norm) {
    tensors.push_back({BlockTensorName(block, "self_attn.q_norm.weight"), {attention.head_dim}});
    tensors.push_back({BlockTensorName(block, "self_attn.k_norm.weight"), {attention.head_dim}});
  }
  AddProjection(block, "self_attn.o_proj", d, q, attention.out_bias, tensors);
  tensors.push_back({BlockTensorName(block, "post_attention_layernorm.weight"), {d}});
  AddProjection(block, "mlp.gate_proj", f, d, mlp.bias, tensors);
  AddProjection(block, "mlp.up_proj", f, d, mlp.bias, tensors);
  AddProjection(block, "mlp.down_proj", d, f, mlp.bias, tensors);
}

void AddHead(const ModelSpec& config, std::vector<NamedShape>& tensors) {
  const size_t d = config.hidden_size, labels = config.head.labels.size();
  switch (config.head.kind) {
    case HeadKind::kLmHead:
      if (!config.tie_word_embeddings) tensors.push_back({kLmHeadName, {config.vocab_size, d}});
      return;
    case HeadKind::kClassifier:
      tensors.push_back({kScoreName, {labels, d}});
      if (config.head.bias) tensors.push_back({kScoreBiasName, {labels}});
      return;
    case HeadKind::kNone:
      return;
  }
}

}  // namespace

std::string BlockTensorName(size_t block, std::string_view suffix) {
  return StrCat("model.layers.", block, ".", suffix);
}

std::vector<NamedShape> RequiredTensors(const ModelSpec& config) {
  std::vector<NamedShape> tensors = {{kEmbeddingName, {config.vocab_size, config.hidden_size}}};
  for (size_t block = 0; block < config.num_layers(); ++block) AddBlock(config, block, tensors);
  tensors.push_back({kFinalNormName, {config.hidden_size}});
  AddHead(config, tensors);
  return tensors;
}

}  // namespace sotto
