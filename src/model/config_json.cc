#include "model/config.h"
#include "nlohmann/json.hpp"

namespace sotto {
namespace {

using OrderedJson = nlohmann::ordered_json;

// A list of one is written as a number, none as null.
OrderedJson TokenIds(const std::vector<int64_t>& ids) {
  if (ids.empty()) return nullptr;
  if (ids.size() == 1) return ids.front();
  return ids;
}

OrderedJson RopeScalingJson(const RopeScaling& scaling) {
  switch (scaling.type) {
    case RopeScalingType::kNone:
      return nullptr;
    case RopeScalingType::kLinear:
      return {{"factor", scaling.factor}, {"rope_type", "linear"}};
    case RopeScalingType::kLlama3:
      return {{"factor", scaling.factor},
              {"high_freq_factor", scaling.high_freq_factor},
              {"low_freq_factor", scaling.low_freq_factor},
              {"original_max_position_embeddings", scaling.original_max_position_embeddings},
              {"rope_type", "llama3"}};
  }
  return nullptr;
}

}  // namespace

std::string ConfigToJson(const LlamaConfig& config) {
  const OrderedJson json = {{"architectures", OrderedJson::array({"LlamaForCausalLM"})},
                            {"attention_bias", config.attention_bias},
                            {"bos_token_id", TokenIds(config.bos_token_ids)},
                            {"eos_token_id", TokenIds(config.eos_token_ids)},
                            {"head_dim", config.head_dim},
                            {"hidden_act", "silu"},
                            {"hidden_size", config.hidden_size},
                            {"intermediate_size", config.intermediate_size},
                            {"max_position_embeddings", config.max_position_embeddings},
                            {"mlp_bias", config.mlp_bias},
                            {"model_type", "llama"},
                            {"num_attention_heads", config.num_heads},
                            {"num_hidden_layers", config.num_layers},
                            {"num_key_value_heads", config.num_kv_heads},
                            {"rms_norm_eps", config.rms_norm_eps},
                            {"rope_scaling", RopeScalingJson(config.rope_scaling)},
                            {"rope_theta", config.rope_theta},
                            {"tie_word_embeddings", config.tie_word_embeddings},
                            {"vocab_size", config.vocab_size}};
  return json.dump(2) + "\n";
}

}  // namespace sotto
