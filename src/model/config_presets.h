// Real shapes by name, for random models of a real size.
#ifndef SOTTO_MODEL_CONFIG_PRESETS_H_
#define SOTTO_MODEL_CONFIG_PRESETS_H_

#include <string>

#include "base/status.h"
#include "model/config.h"

namespace sotto {

// "llama-3.2-1b", "llama-3.1-8b", or the path of a config.json or of a directory that holds one.
// NOT_FOUND, listing the names, for anything else; otherwise errors as LoadConfig.
absl::StatusOr<ModelSpec> ConfigLike(const std::string& name_or_path);

}  // namespace sotto

#endif  // SOTTO_MODEL_CONFIG_PRESETS_H_
