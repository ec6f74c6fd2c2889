// The fields of config.json that say how positions are rotated: rope_theta and rope_scaling of
// transformers 4, rope_parameters of transformers 5.
#ifndef SOTTO_MODEL_FAMILIES_ROPE_FIELDS_H_
#define SOTTO_MODEL_FAMILIES_ROPE_FIELDS_H_

#include "base/status.h"
#include "model/json_fields.h"
#include "model/model_spec.h"
#include "nlohmann/json.hpp"

namespace sotto {

absl::StatusOr<RopeSpec> ReadRope(const JsonFields& fields);

// Adds rope_theta and rope_scaling.
void WriteRope(const RopeSpec& rope, nlohmann::json& json);

}  // namespace sotto

#endif  // SOTTO_MODEL_FAMILIES_ROPE_FIELDS_H_
