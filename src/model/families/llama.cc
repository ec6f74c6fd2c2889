// Llama (Touvron et al. 2023), as transformers' modeling_llama.py computes it.
#include "model/families/decoder_fields.h"
#include "model/families/family.h"
#include "model/families/rope_fields.h"
#include "model/families/window_fields.h"

namespace sotto {
namespace {

absl::StatusOr<ModelSpec> ReadLlama(const JsonFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(ModelSpec spec, ReadDecoder(fields, {.max_position_embeddings = 2048}));
  SOTTO_RETURN_IF_ERROR(CheckNoWindows(fields, spec.num_layers()));
  SOTTO_ASSIGN_OR_RETURN(const auto attention_bias, fields.Bool("attention_bias"));
  SOTTO_ASSIGN_OR_RETURN(const auto mlp_bias, fields.Bool("mlp_bias"));
  for (LayerSpec& layer : spec.layers) {
    layer.attention.qkv_bias = layer.attention.out_bias = attention_bias.value_or(false);
    layer.mlp.bias = mlp_bias.value_or(false);
  }
  SOTTO_RETURN_IF_ERROR(ReadRope(fields, spec));
  return spec;
}

nlohmann::json WriteLlama(const ModelSpec& spec) {
  nlohmann::json json = WriteDecoder(spec);
  json["attention_bias"] = spec.layers.front().attention.qkv_bias;
  json["mlp_bias"] = spec.layers.front().mlp.bias;
  return json;
}

}  // namespace

const ModelFamily kLlamaFamily{"Llama", "llama", "LLaMA", ReadLlama, WriteLlama};

}  // namespace sotto
