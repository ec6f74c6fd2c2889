// The shape of a Llama model, from a Hugging Face config.json. Public data.
#ifndef SOTTO_MODEL_CONFIG_H_
#define SOTTO_MODEL_CONFIG_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto {

enum class RopeScalingType { kNone, kLinear, kLlama3 };

struct RopeScaling {
  RopeScalingType type = RopeScalingType::kNone;
  double factor = 1.0;
  // kLlama3 only.
  double low_freq_factor = 1.0, high_freq_factor = 4.0;
  double original_max_position_embeddings = 8192;
};

// Every field has been checked: positive, bounded, consistent (heads divide by KV heads, ...).
struct LlamaConfig {
  size_t hidden_size = 0;
  size_t intermediate_size = 0;
  size_t num_layers = 0;
  size_t num_heads = 0;
  size_t num_kv_heads = 0;
  size_t head_dim = 0;  // Explicit, or hidden_size / num_heads.
  size_t vocab_size = 0;
  size_t max_position_embeddings = 0;
  double rms_norm_eps = 1e-5;
  double rope_theta = 10000.0;
  RopeScaling rope_scaling;
  bool tie_word_embeddings = false;
  bool attention_bias = false;
  bool mlp_bias = false;
  std::vector<int64_t> bos_token_ids;  // Empty when absent.
  std::vector<int64_t> eos_token_ids;
  // Of config.json (config_metadata.h), for the user to be told of; nothing depends on them.
  std::vector<std::string> unknown_fields;

  size_t q_size() const { return num_heads * head_dim; }
  size_t kv_size() const { return num_kv_heads * head_dim; }
};

inline constexpr char kConfigName[] = "config.json";
// No config.json is longer.
inline constexpr size_t kMaxConfigBytes = size_t{16} << 20;

// Parses the text of a config.json. `source` names it in errors. INVALID_ARGUMENT for a missing,
// wrong-typed or out-of-range field (named); UNIMPLEMENTED for another architecture, activation or
// RoPE type, naming what was found and what is supported; DATA_LOSS for text that is no JSON.
absl::StatusOr<LlamaConfig> ParseConfig(std::string_view json, const std::string& source);

// Reads `model_dir`/config.json.
absl::StatusOr<LlamaConfig> LoadConfig(const std::string& model_dir);

// The config.json text of `config`, as Hugging Face writes it.
std::string ConfigToJson(const LlamaConfig& config);

// Inverse frequency of each rotated pair, [head_dim / 2], rope_scaling applied (Llama 3 as in
// transformers' modeling_rope_utils.py, `_compute_llama3_parameters`).
std::vector<double> RopeInverseFrequencies(const LlamaConfig& config);

}  // namespace sotto

#endif  // SOTTO_MODEL_CONFIG_H_
