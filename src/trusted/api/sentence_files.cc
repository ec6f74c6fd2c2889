#include "trusted/api/sentence_files.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/strings.h"
#include "model/printable.h"
#include "trusted/tokenizer/json_value.h"

namespace sotto {
namespace {

// No such file is longer, nor names more modules.
constexpr size_t kMaxBytes = size_t{1} << 20;
constexpr size_t kMaxModules = 64;

constexpr std::string_view kModePrefix = "pooling_mode_";

// A directory below the model's, with a name that can be shown.
bool IsPlainPath(std::string_view path) {
  return !path.empty() && !path.starts_with('/') && path.find("..") == std::string_view::npos &&
         std::ranges::all_of(path, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.' || c == '/';
         });
}

absl::Status ReadModule(const JsonValue& module, const std::string& source,
                        TrainedEmbedding& trained) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view type, module.StringMember("type"));
  const std::string_view name = type.substr(type.rfind('.') + 1);
  if (name == "Transformer") return absl::OkStatus();
  if (name == "Normalize") {
    trained.normalize = true;
    return absl::OkStatus();
  }
  if (name != "Pooling") {
    trained.unsupported.push_back(
        StrCat(source, ": asks for the module ", Printable(name), ", which is not supported"));
    return absl::OkStatus();
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string_view path, module.StringMember("path"));
  if (!IsPlainPath(path)) return module.Error("\"path\" is no directory below the model's");
  trained.pooling_file = StrCat(path, "/config.json");
  return absl::OkStatus();
}

// The names of those that are asked for: of a flag each, or of one string.
absl::StatusOr<std::vector<std::string>> PoolingModes(const JsonValue& root) {
  SOTTO_ASSIGN_OR_RETURN(const auto named, root.OptionalMember("pooling_mode"));
  if (named.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(const std::string_view name, named->String());
    return std::vector<std::string>{std::string(name)};
  }
  std::vector<std::string> modes;
  SOTTO_ASSIGN_OR_RETURN(const simdjson::dom::object object, root.Object());
  for (const auto& [key, value] : object) {
    bool asked = false;
    if (!key.starts_with(kModePrefix) || value.get(asked) != simdjson::SUCCESS || !asked) continue;
    modes.emplace_back(key.substr(kModePrefix.size()));
  }
  return modes;
}

}  // namespace

absl::Status ReadSentenceModules(std::string_view json, const std::string& source,
                                 TrainedEmbedding& trained) {
  return ReadJsonText(json, source, [&](const JsonValue& root) -> absl::Status {
    SOTTO_ASSIGN_OR_RETURN(const std::vector<JsonValue> modules, root.Elements(kMaxModules));
    for (const JsonValue& module : modules) {
      SOTTO_RETURN_IF_ERROR(ReadModule(module, source, trained));
    }
    return absl::OkStatus();
  });
}

absl::Status ReadPoolingConfig(std::string_view json, const std::string& source,
                               TrainedEmbedding& trained) {
  return ReadJsonText(json, source, [&](const JsonValue& root) -> absl::Status {
    SOTTO_ASSIGN_OR_RETURN(const std::vector<std::string> modes, PoolingModes(root));
    const bool one = modes.size() == 1;
    if (one && modes[0] == "lasttoken") trained.pooling = Pooling::kLast;
    if (one && (modes[0] == "mean" || modes[0] == "mean_tokens")) trained.pooling = Pooling::kMean;
    if (trained.pooling.has_value()) return absl::OkStatus();
    std::string list;
    for (const std::string& mode : modes)
      list += StrCat(list.empty() ? "" : " and ", Printable(mode));
    trained.unsupported.push_back(StrCat(source, ": asks for pooling by ",
                                         list.empty() ? "nothing" : list,
                                         ", which is not supported"));
    return absl::OkStatus();
  });
}

TrainedEmbedding ReadSentenceFiles(const std::string& directory) {
  TrainedEmbedding trained;
  const auto read = [&](const std::string& name, const auto& parse) {
    const absl::StatusOr<std::string> text = ReadFile(StrCat(directory, "/", name), kMaxBytes);
    if (!text.ok()) return;
    const absl::Status status = parse(*text, name, trained);
    if (!status.ok()) trained.unsupported.emplace_back(ToStd(status.message()));
  };
  read(kSentenceModulesName, ReadSentenceModules);
  if (!trained.pooling_file.empty()) read(std::string(trained.pooling_file), ReadPoolingConfig);
  return trained;
}

std::vector<std::string> EmbeddingWarnings(const TrainedEmbedding& trained) {
  std::vector<std::string> warnings = trained.unsupported;
  if (trained.pooling.value_or(Pooling::kLast) == Pooling::kMean) {
    warnings.push_back(
        StrCat(trained.pooling_file, ": the model was trained for embeddings with pooling mean"));
  }
  if (trained.normalize) {
    warnings.push_back(
        StrCat(kSentenceModulesName,
               ": the model was trained for embeddings with normalize, of length 1"));
  }
  return warnings;
}

}  // namespace sotto
