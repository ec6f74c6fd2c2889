// Qwen3 (Yang et al. 2025), as transformers' modeling_qwen3.py computes it: Llama with an RMSNorm
// of each head of q and k before the rotation, heads of 128 whatever the hidden size, and a sliding
// window in some layers where the config asks for one.
#include "model/families/decoder_fields.h"
#include "model/families/family.h"
#include "model/families/rope_fields.h"
#include "model/families/window_fields.h"

namespace sotto {
namespace {

absl::StatusOr<ModelSpec> ReadQwen3(const JsonFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(
      ModelSpec spec,
      ReadDecoder(fields, {.max_position_embeddings = 32768, .num_kv_heads = 32, .head_dim = 128}));
  SOTTO_ASSIGN_OR_RETURN(const auto bias, fields.Bool("attention_bias"));
  SOTTO_RETURN_IF_ERROR(fields.OnlyNeutral("mlp_bias", false));
  for (LayerSpec& layer : spec.layers) {
    layer.attention.qk_norm = true;
    layer.attention.qkv_bias = layer.attention.out_bias = bias.value_or(false);
  }
  SOTTO_RETURN_IF_ERROR(ReadQwenWindows(fields, spec));
  SOTTO_RETURN_IF_ERROR(ReadRope(fields, spec));
  return spec;
}

nlohmann::json WriteQwen3(const ModelSpec& spec) {
  nlohmann::json json = WriteDecoder(spec);
  json["attention_bias"] = spec.layers.front().attention.qkv_bias;
  WriteQwenWindows(spec, json);
  return json;
}

}  // namespace

const ModelFamily kQwen3Family{"Qwen3", "qwen3", nullptr, ReadQwen3, WriteQwen3};

}  // namespace sotto
