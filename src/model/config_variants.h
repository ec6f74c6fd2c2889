// Fields of a config.json that would change what every family here computes.
#ifndef SOTTO_MODEL_CONFIG_VARIANTS_H_
#define SOTTO_MODEL_CONFIG_VARIANTS_H_

#include "base/status.h"
#include "model/json_fields.h"

namespace sotto {

// UNIMPLEMENTED, naming the field, when a field asks for arithmetic that no family here has: models
// that derive from them keep their names, and left out in silence such a field gives wrong logits.
// Absent, null, or what they do anyway (a multiplier of 1) is fine.
absl::Status CheckConfigVariants(const JsonFields& fields);

}  // namespace sotto

#endif  // SOTTO_MODEL_CONFIG_VARIANTS_H_
