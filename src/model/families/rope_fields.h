// The fields of config.json that say how positions are rotated: rope_theta and rope_scaling of
// transformers 4, rope_parameters of transformers 5.
#ifndef SOTTO_MODEL_FAMILIES_ROPE_FIELDS_H_
#define SOTTO_MODEL_FAMILIES_ROPE_FIELDS_H_

#include "base/status.h"
#include "model/json_fields.h"
#include "model/model_spec.h"
#include "nlohmann/json.hpp"

namespace sotto {

// Sets how each layer of `spec`, whose windows are set, rotates. rope_parameters may hold an object
// for all layers, or one for those with a window ("sliding_attention") and one for the others
// ("full_attention"). A value that is given twice must be the same. UNIMPLEMENTED, naming it, for a
// rope_type or a field that is not known.
absl::Status ReadRope(const JsonFields& fields, ModelSpec& spec);

// Adds rope_theta and rope_scaling, or rope_parameters where layers with a window rotate otherwise.
void WriteRope(const ModelSpec& spec, nlohmann::json& json);

}  // namespace sotto

#endif  // SOTTO_MODEL_FAMILIES_ROPE_FIELDS_H_
