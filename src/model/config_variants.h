// Fields of a config.json that would change what a Llama model computes.
#ifndef SOTTO_MODEL_CONFIG_VARIANTS_H_
#define SOTTO_MODEL_CONFIG_VARIANTS_H_

#include "base/status.h"
#include "model/json_fields.h"

namespace sotto {

// UNIMPLEMENTED, naming the field, when a field asks for arithmetic that is not the Llama model's:
// families that derive from it keep its name, and left out in silence such a field gives wrong
// logits. Absent, null, or what Llama does anyway (a multiplier of 1) is fine.
absl::Status CheckConfigVariants(const JsonFields& fields);

}  // namespace sotto

#endif  // SOTTO_MODEL_CONFIG_VARIANTS_H_
