// The model families that Sotto computes, one file and one row of the table each.
#ifndef SOTTO_MODEL_FAMILIES_FAMILY_H_
#define SOTTO_MODEL_FAMILIES_FAMILY_H_

#include <string>
#include <string_view>

#include "base/status.h"
#include "model/json_fields.h"
#include "model/model_spec.h"
#include "nlohmann/json.hpp"

namespace sotto {

struct ModelFamily {
  // How the names of its architectures begin, "Llama" of "LlamaForCausalLM", and its `model_type`.
  const char* name;
  const char* model_type;
  const char* old_name;  // As old exports spell it, or null.
  // The model that the fields describe, and what of `spec` they would have to say.
  absl::StatusOr<ModelSpec> (*read)(const JsonFields& fields);
  nlohmann::json (*write)(const ModelSpec& spec);
};

// A family, and what stands behind its last norm.
struct Architecture {
  const ModelFamily* family = nullptr;
  HeadKind head = HeadKind::kLmHead;

  std::string name() const;  // "LlamaForCausalLM".
};

// REQUIRES: `name` is that of an architecture.
Architecture ArchitectureNamed(std::string_view name);

// The architecture that a config names; by its model_type alone, one with an lm_head.
// UNIMPLEMENTED, naming what was found, for any other; INVALID_ARGUMENT if it names none, or two.
absl::StatusOr<Architecture> FindArchitecture(const JsonFields& fields);

extern const ModelFamily kLlamaFamily, kMistralFamily, kQwen2Family, kQwen3Family;

}  // namespace sotto

#endif  // SOTTO_MODEL_FAMILIES_FAMILY_H_
