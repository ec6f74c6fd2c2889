// The fields of config.json that describe what follows the final norm.
#ifndef SOTTO_MODEL_FAMILIES_HEAD_FIELDS_H_
#define SOTTO_MODEL_FAMILIES_HEAD_FIELDS_H_

#include "base/status.h"
#include "model/json_fields.h"
#include "model/model_spec.h"
#include "nlohmann/json.hpp"
#include "sotto/head.h"

namespace sotto {

// How the names of architectures end: "ForCausalLM", "ForSequenceClassification", "Model".
const char* ArchitectureSuffix(HeadKind head);

// Fills `spec.head`, all but what the weights alone tell. Labels are those of id2label or, without
// it, LABEL_0, LABEL_1, .. as transformers names them. INVALID_ARGUMENT, naming the field, for
// labels that leave a number out or contradict num_labels or label2id; UNIMPLEMENTED for a
// repository that brings code of its own in this head's place.
absl::Status ReadHead(const JsonFields& fields, HeadKind kind, ModelSpec& spec);
void WriteHead(const ModelSpec& spec, nlohmann::json& json);

}  // namespace sotto

#endif  // SOTTO_MODEL_FAMILIES_HEAD_FIELDS_H_
