// A Hugging Face config.json, read to a ModelSpec and written from one.
#ifndef SOTTO_MODEL_CONFIG_H_
#define SOTTO_MODEL_CONFIG_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/model_spec.h"

namespace sotto {

inline constexpr char kConfigName[] = "config.json";
// No config.json is longer.
inline constexpr size_t kMaxConfigBytes = size_t{16} << 20;

// Parses the text of a config.json. `source` names it in errors. INVALID_ARGUMENT for a missing,
// wrong-typed or out-of-range field (named); UNIMPLEMENTED for another architecture, activation or
// RoPE type, naming what was found and what is supported; DATA_LOSS for text that is no JSON.
absl::StatusOr<ModelSpec> ParseConfig(std::string_view json, const std::string& source);

// Reads `model_dir`/config.json.
absl::StatusOr<ModelSpec> LoadConfig(const std::string& model_dir);

// The config.json text of a model, as Hugging Face writes it: what its family can say of it.
std::string ConfigToJson(const ModelSpec& spec);

}  // namespace sotto

#endif  // SOTTO_MODEL_CONFIG_H_
