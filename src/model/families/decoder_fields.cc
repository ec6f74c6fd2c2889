#include "model/families/decoder_fields.h"

#include <string>
#include <vector>

#include "base/strings.h"
#include "model/config_variants.h"
#include "model/families/rope_fields.h"

namespace sotto {
namespace {

// Bounds far beyond any Llama, and small enough that no product of three of them that we form
// (bytes of a tensor, positions x heads x head_dim) can overflow 64 bits.
constexpr int64_t kMaxHiddenSize = 1 << 18;
constexpr int64_t kMaxIntermediateSize = 1 << 20;
constexpr int64_t kMaxLayers = 1 << 12;
constexpr int64_t kMaxHeads = 1 << 12;
constexpr int64_t kMaxHeadDim = 1 << 12;
constexpr int64_t kMaxVocabSize = 1 << 24;

absl::StatusOr<size_t> RequiredSize(const JsonFields& fields, const char* name, int64_t max) {
  SOTTO_ASSIGN_OR_RETURN(const auto value, fields.Integer(name, 1, max));
  if (!value) return fields.Invalid(name, "is missing");
  return static_cast<size_t>(*value);
}

absl::StatusOr<size_t> SizeOr(const JsonFields& fields, const char* name, int64_t max,
                              size_t fallback) {
  SOTTO_ASSIGN_OR_RETURN(const auto value, fields.Integer(name, 1, max));
  return value ? static_cast<size_t>(*value) : fallback;
}

absl::StatusOr<size_t> ReadHeadDim(const JsonFields& fields, size_t hidden_size, size_t num_heads,
                                   size_t default_dim) {
  SOTTO_ASSIGN_OR_RETURN(auto explicit_dim, fields.Integer("head_dim", 1, kMaxHeadDim));
  if (!explicit_dim && !fields.IsNull("head_dim") && default_dim > 0) explicit_dim = default_dim;
  if (!explicit_dim && hidden_size % num_heads != 0) {
    return fields.Invalid("num_attention_heads",
                          StrCat("is ", num_heads, ", which does not divide hidden_size ",
                                 hidden_size, ", and head_dim is not given"));
  }
  const size_t dim = explicit_dim ? *explicit_dim : hidden_size / num_heads;
  if (dim % 2 != 0 || dim > kMaxHeadDim) {
    return fields.Invalid("head_dim",
                          StrCat("is ", dim, "; it must be even and at most ", kMaxHeadDim));
  }
  return dim;
}

absl::StatusOr<AttentionSpec> ReadHeads(const JsonFields& fields, size_t hidden_size,
                                        const DecoderDefaults& defaults) {
  SOTTO_ASSIGN_OR_RETURN(const size_t heads,
                         RequiredSize(fields, "num_attention_heads", kMaxHeads));
  const bool as_many = defaults.num_kv_heads == 0 || fields.IsNull("num_key_value_heads");
  SOTTO_ASSIGN_OR_RETURN(const size_t kv_heads, SizeOr(fields, "num_key_value_heads", kMaxHeads,
                                                       as_many ? heads : defaults.num_kv_heads));
  if (heads % kv_heads != 0) {
    return fields.Invalid(
        "num_key_value_heads",
        StrCat("is ", kv_heads, ", which does not divide num_attention_heads ", heads));
  }
  SOTTO_ASSIGN_OR_RETURN(const size_t head_dim,
                         ReadHeadDim(fields, hidden_size, heads, defaults.head_dim));
  return AttentionOf(heads, kv_heads, head_dim);
}

absl::StatusOr<LayerSpec> ReadLayer(const JsonFields& fields, size_t hidden_size,
                                    const DecoderDefaults& defaults) {
  LayerSpec layer;
  SOTTO_ASSIGN_OR_RETURN(layer.mlp.intermediate_size,
                         RequiredSize(fields, "intermediate_size", kMaxIntermediateSize));
  SOTTO_ASSIGN_OR_RETURN(layer.attention, ReadHeads(fields, hidden_size, defaults));
  SOTTO_ASSIGN_OR_RETURN(const auto eps, fields.Number("rms_norm_eps", 1e-12, 1.0));
  layer.norm_eps = eps.value_or(1e-6);  // Every family's default in transformers.
  return layer;
}

// Nothing is generated, so an end that no token has does no harm; but something is wrong with the
// model.
absl::Status ReadSpecialTokens(const JsonFields& fields, ModelSpec& spec) {
  const int64_t last_id = static_cast<int64_t>(spec.vocab_size) - 1;
  SOTTO_ASSIGN_OR_RETURN(spec.bos_token_ids, fields.IntegerList("bos_token_id", 0, last_id));
  SOTTO_ASSIGN_OR_RETURN(spec.eos_token_ids, fields.IntegerList("eos_token_id", 0, INT32_MAX));
  for (const int64_t id : spec.eos_token_ids) {
    if (id <= last_id) continue;
    spec.warnings.push_back(
        StrCat("eos_token_id ", id, " is not in the vocabulary of ", spec.vocab_size));
  }
  return absl::OkStatus();
}

// A list of one is written as a number, none as null.
nlohmann::json TokenIds(const std::vector<int64_t>& ids) {
  if (ids.empty()) return nullptr;
  if (ids.size() == 1) return ids.front();
  return ids;
}

}  // namespace

absl::StatusOr<ModelSpec> ReadDecoder(const JsonFields& fields, const DecoderDefaults& defaults) {
  SOTTO_RETURN_IF_ERROR(CheckConfigVariants(fields));
  ModelSpec spec;
  SOTTO_ASSIGN_OR_RETURN(spec.hidden_size, RequiredSize(fields, "hidden_size", kMaxHiddenSize));
  SOTTO_ASSIGN_OR_RETURN(const size_t layers,
                         RequiredSize(fields, "num_hidden_layers", kMaxLayers));
  SOTTO_ASSIGN_OR_RETURN(spec.vocab_size, RequiredSize(fields, "vocab_size", kMaxVocabSize));
  SOTTO_ASSIGN_OR_RETURN(
      spec.max_position_embeddings,
      SizeOr(fields, "max_position_embeddings", kMaxPositions, defaults.max_position_embeddings));
  SOTTO_ASSIGN_OR_RETURN(const LayerSpec layer, ReadLayer(fields, spec.hidden_size, defaults));
  spec.layers.assign(layers, layer);
  spec.final_norm_eps = layer.norm_eps;
  SOTTO_ASSIGN_OR_RETURN(const auto tied, fields.Bool("tie_word_embeddings"));
  spec.tie_word_embeddings = tied.value_or(false);
  SOTTO_RETURN_IF_ERROR(ReadSpecialTokens(fields, spec));
  return spec;
}

nlohmann::json WriteDecoder(const ModelSpec& spec) {
  const LayerSpec& layer = spec.layers.front();
  nlohmann::json json = {{"bos_token_id", TokenIds(spec.bos_token_ids)},
                         {"eos_token_id", TokenIds(spec.eos_token_ids)},
                         {"head_dim", layer.attention.head_dim},
                         {"hidden_act", "silu"},
                         {"hidden_size", spec.hidden_size},
                         {"intermediate_size", layer.mlp.intermediate_size},
                         {"max_position_embeddings", spec.max_position_embeddings},
                         {"num_attention_heads", layer.attention.num_heads},
                         {"num_hidden_layers", spec.num_layers()},
                         {"num_key_value_heads", layer.attention.num_kv_heads},
                         {"rms_norm_eps", layer.norm_eps},
                         {"tie_word_embeddings", spec.tie_word_embeddings},
                         {"vocab_size", spec.vocab_size}};
  WriteRope(spec, json);
  return json;
}

}  // namespace sotto
