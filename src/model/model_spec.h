// What a model computes, one layer after the other. Public data, made by families/*.cc from a
// Hugging Face config.json.
#ifndef SOTTO_MODEL_MODEL_SPEC_H_
#define SOTTO_MODEL_MODEL_SPEC_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sotto/head.h"

namespace sotto {

// kDynamic changes nothing up to max_position_embeddings, and no longer prompt is taken.
enum class RopeScalingType { kNone, kLinear, kLlama3, kDynamic };

struct RopeScaling {
  RopeScalingType type = RopeScalingType::kNone;
  double factor = 1.0;
  // kLlama3 only.
  double low_freq_factor = 1.0, high_freq_factor = 4.0;
  double original_max_position_embeddings = 8192;

  friend bool operator==(const RopeScaling&, const RopeScaling&) = default;
};

struct RopeSpec {
  double theta = 10000.0;
  RopeScaling scaling;

  friend bool operator==(const RopeSpec&, const RopeSpec&) = default;
};

// Inverse frequency of each rotated pair, [head_dim / 2], scaling applied (Llama 3 as in
// transformers' modeling_rope_utils.py, `_compute_llama3_parameters`).
std::vector<double> RopeInverseFrequencies(const RopeSpec& rope, size_t head_dim);

// "lm_head", "classifier", "none".
const char* HeadName(HeadKind head);

// Causal grouped-query attention with rotary positions.
struct AttentionSpec {
  size_t num_heads = 0;
  size_t num_kv_heads = 0;  // Divides num_heads.
  size_t head_dim = 0;      // Even.
  double scale = 1.0;       // Of scores, before the softmax.
  // Positions that a query sees, its own the last of them; none: all up to its own.
  std::optional<size_t> window;
  bool qk_norm = false;  // RMSNorm of each head of q and k, before the rotation.
  bool qkv_bias = false;
  bool out_bias = false;
  RopeSpec rope;

  size_t q_size() const { return num_heads * head_dim; }
  size_t kv_size() const { return num_kv_heads * head_dim; }
};
// With the usual scale, 1 / sqrt(head_dim).
AttentionSpec AttentionOf(size_t num_heads, size_t num_kv_heads, size_t head_dim);

// (SiLU(h W_gate) * (h W_up)) W_down.
struct MlpSpec {
  size_t intermediate_size = 0;
  bool bias = false;
};

// x += Attention(RMSNorm(x)); x += MLP(RMSNorm(x)).
struct LayerSpec {
  double norm_eps = 1e-5;
  AttentionSpec attention;
  MlpSpec mlp;
};

// Every field that a family read has been checked: positive, bounded, consistent.
struct ModelSpec {
  // A family of families/family.cc with the head's suffix.
  std::string architecture = "LlamaForCausalLM";
  size_t hidden_size = 0;
  size_t vocab_size = 0;
  size_t max_position_embeddings = 0;
  // At least one. Heads (num_heads, num_kv_heads, head_dim) are the same in all; anything else may
  // differ.
  std::vector<LayerSpec> layers;
  double final_norm_eps = 1e-5;
  HeadSpec head;
  // auto_map.AutoModel of config.json, for another head: a class of the checkpoint's own code, from
  // which transformers has its embeddings. Empty when absent.
  std::string embedding_code;
  bool tie_word_embeddings = false;    // lm_head is the embedding. False where there is none.
  std::vector<int64_t> bos_token_ids;  // Empty when absent.
  std::vector<int64_t> eos_token_ids;
  // Of config.json (config_metadata.h), for the user to be told of; nothing depends on them.
  std::vector<std::string> unknown_fields;
  // What else is odd about it, a sentence each.
  std::vector<std::string> warnings;
  // Of the weights, the same way, with the name of the file before it; and why logits may mean
  // nothing, if anything speaks against them.
  std::vector<std::string> weight_warnings;
  std::string logits_warning;

  bool has_lm_head() const { return head.kind == HeadKind::kLmHead; }
  size_t num_layers() const { return layers.size(); }
  // The heads of every layer.
  const AttentionSpec& heads() const { return layers.front().attention; }
};

}  // namespace sotto

#endif  // SOTTO_MODEL_MODEL_SPEC_H_
