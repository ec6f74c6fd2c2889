// The fields of config.json that say which layers see a sliding window: sliding_window,
// use_sliding_window and max_window_layers, and layer_types, which newer transformers write
// besides.
#ifndef SOTTO_MODEL_FAMILIES_WINDOW_FIELDS_H_
#define SOTTO_MODEL_FAMILIES_WINDOW_FIELDS_H_

#include <cstddef>

#include "base/status.h"
#include "model/json_fields.h"
#include "model/model_spec.h"
#include "nlohmann/json.hpp"

namespace sotto {

// For a family whose layers, `layers` of them, see every position before their own: UNIMPLEMENTED,
// naming the field, if one of the fields says otherwise; INVALID_ARGUMENT for layer_types of
// another number of layers.
absl::Status CheckNoWindows(const JsonFields& fields, size_t layers);

// Both set the windows of the layers of `spec`. INVALID_ARGUMENT where layer_types contradicts the
// other fields; UNIMPLEMENTED for a type of layer that is neither full nor sliding attention.
// Mistral: sliding_window, absent 4096, null none, of all layers.
absl::Status ReadMistralWindows(const JsonFields& fields, ModelSpec& spec);
// Qwen: where use_sliding_window is true, of the layers from max_window_layers on, or of those that
// layer_types names.
absl::Status ReadQwenWindows(const JsonFields& fields, ModelSpec& spec);

// Adds the fields that ReadQwenWindows reads.
void WriteQwenWindows(const ModelSpec& spec, nlohmann::json& json);

}  // namespace sotto

#endif  // SOTTO_MODEL_FAMILIES_WINDOW_FIELDS_H_
