// The model families that Sotto computes, one file and one row of the table each.
#ifndef SOTTO_MODEL_FAMILIES_FAMILY_H_
#define SOTTO_MODEL_FAMILIES_FAMILY_H_

#include <string_view>

#include "base/status.h"
#include "model/json_fields.h"
#include "model/model_spec.h"
#include "nlohmann/json.hpp"

namespace sotto {

struct ModelFamily {
  const char* architecture;  // As config.json's `architectures` and `model_type` spell it.
  const char* model_type;
  const char* old_architecture;  // As old exports spell it, or null.
  // The model that the fields describe, and what of `spec` they would have to say.
  absl::StatusOr<ModelSpec> (*read)(const JsonFields& fields);
  nlohmann::json (*write)(const ModelSpec& spec);
};

// REQUIRES: `architecture` is in the table.
const ModelFamily& FamilyOf(std::string_view architecture);

// The family that a config names. UNIMPLEMENTED, naming what was found, for any that is not in the
// table; INVALID_ARGUMENT if it names none.
absl::StatusOr<const ModelFamily*> FindFamily(const JsonFields& fields);

extern const ModelFamily kLlamaFamily, kMistralFamily, kQwen2Family, kQwen3Family;

}  // namespace sotto

#endif  // SOTTO_MODEL_FAMILIES_FAMILY_H_
