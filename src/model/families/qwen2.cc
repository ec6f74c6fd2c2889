// Qwen2 and Qwen2.5 (Yang et al. 2024), as transformers' modeling_qwen2.py computes them: Llama
// with biases on q, k and v, and a sliding window in some layers where the config asks for one.
#include "model/families/decoder_fields.h"
#include "model/families/family.h"
#include "model/families/rope_fields.h"
#include "model/families/window_fields.h"

namespace sotto {
namespace {

absl::StatusOr<ModelSpec> ReadQwen2(const JsonFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(
      ModelSpec spec, ReadDecoder(fields, {.max_position_embeddings = 32768, .num_kv_heads = 32}));
  SOTTO_RETURN_IF_ERROR(fields.OnlyNeutral("attention_bias", true));
  SOTTO_RETURN_IF_ERROR(fields.OnlyNeutral("mlp_bias", false));
  for (LayerSpec& layer : spec.layers) layer.attention.qkv_bias = true;
  SOTTO_RETURN_IF_ERROR(ReadQwenWindows(fields, spec));
  SOTTO_RETURN_IF_ERROR(ReadRope(fields, spec));
  return spec;
}

nlohmann::json WriteQwen2(const ModelSpec& spec) {
  nlohmann::json json = WriteDecoder(spec);
  WriteQwenWindows(spec, json);
  return json;
}

}  // namespace

const ModelFamily kQwen2Family{"Qwen2", "qwen2", nullptr, ReadQwen2, WriteQwen2};

}  // namespace sotto
