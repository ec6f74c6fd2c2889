// Mistral (Jiang et al. 2023), as transformers' modeling_mistral.py computes it: Llama without
// biases, and in early versions with a sliding window.
#include "model/families/decoder_fields.h"
#include "model/families/family.h"
#include "model/families/rope_fields.h"
#include "model/families/window_fields.h"

namespace sotto {
namespace {

absl::StatusOr<ModelSpec> ReadMistral(const JsonFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(
      ModelSpec spec, ReadDecoder(fields, {.max_position_embeddings = 131072, .num_kv_heads = 8}));
  for (const char* bias : {"attention_bias", "mlp_bias"}) {
    SOTTO_RETURN_IF_ERROR(fields.OnlyNeutral(bias, false));
  }
  SOTTO_RETURN_IF_ERROR(ReadMistralWindows(fields, spec));
  SOTTO_RETURN_IF_ERROR(ReadRope(fields, spec));
  return spec;
}

nlohmann::json WriteMistral(const ModelSpec& spec) {
  nlohmann::json json = WriteDecoder(spec);
  const std::optional<size_t>& window = spec.layers.front().attention.window;
  json["sliding_window"] = window ? nlohmann::json(*window) : nlohmann::json(nullptr);
  return json;
}

}  // namespace

const ModelFamily kMistralFamily{"Mistral", "mistral", nullptr, ReadMistral, WriteMistral};

}  // namespace sotto
