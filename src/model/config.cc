#include "model/config.h"

#include "base/file.h"
#include "base/strings.h"
#include "model/config_metadata.h"
#include "model/families/family.h"
#include "model/families/head_fields.h"
#include "model/json_fields.h"

namespace sotto {

absl::StatusOr<ModelSpec> ParseConfig(std::string_view json, const std::string& source) {
  SOTTO_ASSIGN_OR_RETURN(const JsonFields fields, JsonFields::Parse(json, source));
  SOTTO_ASSIGN_OR_RETURN(const Architecture architecture, FindArchitecture(fields));
  SOTTO_ASSIGN_OR_RETURN(ModelSpec spec, architecture.family->read(fields));
  SOTTO_RETURN_IF_ERROR(ReadHead(fields, architecture.head, spec));
  spec.architecture = architecture.name();
  spec.unknown_fields = UnknownConfigFields(fields);
  return spec;
}

absl::StatusOr<ModelSpec> LoadConfig(const std::string& model_dir) {
  const std::string path = StrCat(model_dir, "/", kConfigName);
  SOTTO_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxConfigBytes));
  return ParseConfig(text, path);
}

std::string ConfigToJson(const ModelSpec& spec) {
  const ModelFamily& family = *ArchitectureNamed(spec.architecture).family;
  nlohmann::json json = family.write(spec);
  WriteHead(spec, json);
  json["architectures"] = {spec.architecture};
  json["model_type"] = family.model_type;
  return json.dump(2) + "\n";
}

}  // namespace sotto
