#include "model/config.h"

#include "base/file.h"
#include "base/strings.h"
#include "model/config_metadata.h"
#include "model/families/family.h"
#include "model/json_fields.h"

namespace sotto {

absl::StatusOr<ModelSpec> ParseConfig(std::string_view json, const std::string& source) {
  SOTTO_ASSIGN_OR_RETURN(const JsonFields fields, JsonFields::Parse(json, source));
  SOTTO_ASSIGN_OR_RETURN(const ModelFamily* const family, FindFamily(fields));
  SOTTO_ASSIGN_OR_RETURN(ModelSpec spec, family->read(fields));
  spec.architecture = family->architecture;
  spec.unknown_fields = UnknownConfigFields(fields);
  return spec;
}

absl::StatusOr<ModelSpec> LoadConfig(const std::string& model_dir) {
  const std::string path = StrCat(model_dir, "/", kConfigName);
  SOTTO_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxConfigBytes));
  return ParseConfig(text, path);
}

std::string ConfigToJson(const ModelSpec& spec) {
  const ModelFamily& family = FamilyOf(spec.architecture);
  nlohmann::json json = family.write(spec);
  json["architectures"] = {family.architecture};
  json["model_type"] = family.model_type;
  return json.dump(2) + "\n";
}

}  // namespace sotto
