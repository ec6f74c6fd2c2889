// Fields of a config.json that say nothing about what a Llama model computes.
#ifndef SOTTO_MODEL_CONFIG_METADATA_H_
#define SOTTO_MODEL_CONFIG_METADATA_H_

#include <string>
#include <string_view>
#include <vector>

#include "model/json_fields.h"

namespace sotto {

// Whether a field describes how a model was made, trained or stored, or how text is generated.
bool IsConfigMetadata(std::string_view field);

// The fields of a config that was parsed which were neither read nor are metadata, printable. They
// are not refused, for most are harmless (each version of transformers and each training tool adds
// some), and a user must not be kept from a model by them; but a family that derives from Llama may
// say in one that it computes something else. So the user is to be told of them.
std::vector<std::string> UnknownConfigFields(const JsonFields& fields);

}  // namespace sotto

#endif  // SOTTO_MODEL_CONFIG_METADATA_H_
