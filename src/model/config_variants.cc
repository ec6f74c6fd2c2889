#include "model/config_variants.h"

#include <vector>

#include "base/strings.h"
#include "model/foreign_files.h"
#include "model/printable.h"

namespace sotto {
namespace {

using Json = nlohmann::json;

// A field, and the only value of it that changes nothing; null: any value changes something.
struct Variant {
  const char* field;
  Json neutral;
};

// Grouped by what they change. Behind each: where it is found.
const std::vector<Variant>& Variants() {
  static const auto& variants = *new std::vector<Variant>{
      // Activation and norms.
      {"hidden_activation", "silu"},  // Gemma
      {"use_qk_norm", false},         // Llama 4, OLMo
      {"qk_norm", false},
      {"qk_layernorm", false},  // StableLM
      {"clip_qkv", nullptr},    // OLMo
      // Rotary embedding.
      {"rope_interleaved", false},  // SmolLM
      {"rope_interleave", false},   // DeepSeek
      {"partial_rotary_factor", 1},
      {"rotary_pct", 1},  // GPT-NeoX
      {"rotary_percent", 1},
      {"rotary_dim", nullptr},
      {"rotary_emb_base", nullptr},
      {"use_mrope", false},               // Qwen2-VL
      {"rope_ratio", 1},                  // ChatGLM
      {"rope_local_base_freq", nullptr},  // Gemma 3
      {"no_rope_layers", nullptr},        // Llama 4, SmolLM3
      {"no_rope_layer_interval", nullptr},
      {"alibi", false},  // Falcon
      {"use_alibi", false},
      {"position_embedding_type", "rope"},  // Granite
      // Which positions attention sees.
      {"attention_chunk_size", nullptr},  // Llama 4
      {"dual_chunk_attention_config", nullptr},
      {"attn_temperature_tuning", false},
      {"add_cross_attention", false},
      {"is_causal", true},  // Embedding models made of decoders.
      {"use_bidirectional_attention", false},
      {"is_encoder_decoder", false},  // T5 and its like
      // Factors.
      {"attention_multiplier", nullptr},  // Granite
      {"embedding_multiplier", 1},
      {"residual_multiplier", 1},
      {"logits_scaling", 1},
      {"logit_scale", 1},                  // Cohere
      {"query_pre_attn_scalar", nullptr},  // Gemma
      {"attn_logit_softcapping", nullptr},
      {"final_logit_softcapping", nullptr},
      {"scale_emb", 1},  // MiniCPM
      {"scale_depth", nullptr},
      {"dim_model_base", nullptr},
      // Biases under other names than attention_bias and mlp_bias.
      {"qkv_bias", false},
      {"use_bias", false},
      {"bias", false},
      {"lm_head_bias", false},
      // Other layers.
      {"num_local_experts", 1},  // Mixtral
      {"num_experts", 1},
      {"n_routed_experts", 1},
      {"use_parallel_residual", false},
      {"parallel_attn", false},
      {"multi_query", false},
      {"pruned_heads", Json::object()},
      // Weights that are not plain numbers.
      {"compression_config", nullptr},
  };
  return variants;
}

// What the model was meant to be computed in, under either of its names. Others than these, float64
// or 8 bits, ask for numbers that are not computed with here.
absl::Status CheckDType(const JsonFields& fields) {
  for (const char* const field : {"torch_dtype", "dtype"}) {
    SOTTO_ASSIGN_OR_RETURN(const auto type, fields.Text(field));
    if (!type || *type == "float32" || *type == "float16" || *type == "bfloat16") continue;
    return fields.Unsupported(
        field, StrCat("is ", Printable(*type), "; supported are float32, float16 and bfloat16"));
  }
  return absl::OkStatus();
}

// Methods by the names that quantization_config gives them.
struct QuantMethod {
  const char* method;
  const char* name;
};
constexpr QuantMethod kQuantMethods[] = {
    {"fp8", "FP8"},   {"fbgemm_fp8", "FP8"},  {"gptq", "GPTQ"},
    {"awq", "AWQ"},   {"mxfp4", "MXFP4"},     {"bitsandbytes", "bitsandbytes"},
    {"hqq", "HQQ"},   {"bitnet", "BitNet"},   {"compressed-tensors", "compressed-tensors"},
    {"aqlm", "AQLM"}, {"torchao", "torchao"}, {"modelopt", "ModelOpt"},
};

// Refuses quantised weights under their own name.
absl::Status CheckQuantization(const JsonFields& fields) {
  if (fields.Has("quantization")) {
    return fields.Unsupported("quantization",
                              StrCat("says that weights are quantised, MLX", kUseOriginalWeights));
  }
  if (!fields.Has("quantization_config")) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const JsonFields config, fields.Object("quantization_config"));
  SOTTO_ASSIGN_OR_RETURN(const auto method, config.Text("quant_method"));
  std::string name = method ? Printable(*method) : "of a method that it does not name";
  for (const QuantMethod& known : kQuantMethods) {
    if (method && *method == known.method) name = known.name;
  }
  return fields.Unsupported("quantization_config",
                            StrCat("says that weights are quantised, ", name, kUseOriginalWeights));
}

}  // namespace

absl::Status CheckConfigVariants(const JsonFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(const auto activation, fields.Text("hidden_act"));
  if (activation && *activation != "silu" && *activation != "swish") {
    return fields.Unsupported("hidden_act",
                              StrCat("is ", Printable(*activation), "; supported is silu"));
  }
  for (const Variant& variant : Variants()) {
    SOTTO_RETURN_IF_ERROR(fields.OnlyNeutral(variant.field, variant.neutral));
  }
  SOTTO_RETURN_IF_ERROR(CheckQuantization(fields));
  return CheckDType(fields);
}

}  // namespace sotto
