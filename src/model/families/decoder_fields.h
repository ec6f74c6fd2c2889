// The fields of config.json that every family has.
#ifndef SOTTO_MODEL_FAMILIES_DECODER_FIELDS_H_
#define SOTTO_MODEL_FAMILIES_DECODER_FIELDS_H_

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "model/json_fields.h"
#include "model/model_spec.h"
#include "nlohmann/json.hpp"

namespace sotto {

// No model has more positions.
inline constexpr int64_t kMaxPositions = 1 << 27;

// What transformers assumes of an absent field, where families differ.
struct DecoderDefaults {
  size_t max_position_embeddings = 0;
  size_t num_kv_heads = 0;  // 0: as many as heads.
  size_t head_dim = 0;      // 0: hidden_size / num_attention_heads.
};

// A model of equal layers without biases, windows or norms of q and k. Reads sizes, heads, norms,
// special tokens and whether lm_head is tied, and refuses what none of the families does
// (config_variants.h). Rotation, which may depend on windows, is left to ReadRope.
absl::StatusOr<ModelSpec> ReadDecoder(const JsonFields& fields, const DecoderDefaults& defaults);

// The same fields of `spec`, whose layers are equal in them.
nlohmann::json WriteDecoder(const ModelSpec& spec);

}  // namespace sotto

#endif  // SOTTO_MODEL_FAMILIES_DECODER_FIELDS_H_
