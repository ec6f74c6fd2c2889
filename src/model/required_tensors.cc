#include "model/required_tensors.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "base/strings.h"
#include "model/families/family.h"
#include "model/printable.h"
#include "model/tensor_names.h"

namespace sotto {
namespace {

constexpr uint64_t kCompareBytes = uint64_t{256} << 10;

// Where a tensor was found.
struct Located {
  const WeightFile* file = nullptr;
  size_t file_index = 0;
  const SafetensorsEntry* entry = nullptr;
  uint64_t size_bytes() const { return entry->end - entry->begin; }
};
// By the name with "model." before it.
using LocatedByName = std::map<std::string, Located, std::less<>>;

constexpr std::string_view kPrefix = "model.";

bool LacksPrefix(std::string_view name) {
  return name.starts_with("embed_tokens.") || name.starts_with("layers.") ||
         name.starts_with("norm.");
}

absl::StatusOr<LocatedByName> LocateAll(const std::vector<WeightFile>& files,
                                        const std::string& directory) {
  LocatedByName located;
  const Located *prefixed = nullptr, *bare = nullptr;
  for (size_t i = 0; i < files.size(); ++i) {
    for (const SafetensorsEntry& entry : files[i].entries) {
      const bool lacks = LacksPrefix(entry.name);
      Located& found = located[StrCat(lacks ? kPrefix : "", entry.name)];
      found = {&files[i], i, &entry};
      if (lacks) bare = &found;
      if (entry.name.starts_with(kPrefix)) prefixed = &found;
    }
  }
  if (prefixed == nullptr || bare == nullptr) return located;
  return absl::InvalidArgumentError(StrCat(
      directory, "/", bare->file->name, ": tensor ", Printable(bare->entry->name), " has no \"",
      kPrefix, "\" before its name, but ", Printable(prefixed->entry->name), " has"));
}

// What the files alone tell of the head.
void CompleteHead(const LocatedByName& located, ModelSpec& config) {
  config.head.bias = config.head.kind == HeadKind::kClassifier && located.contains(kScoreBiasName);
  if (!config.has_lm_head() || config.tie_word_embeddings || located.contains(kLmHeadName)) return;
  const auto embedding = located.find(kEmbeddingName);
  if (embedding == located.end() || !LacksPrefix(embedding->second.entry->name)) return;
  const std::string named = config.architecture;
  config.head.kind = HeadKind::kNone;
  config.architecture = Architecture{ArchitectureNamed(named).family, HeadKind::kNone}.name();
  config.warnings.push_back(StrCat("architectures names ", named, ", but the weights are those of ",
                                   config.architecture, ", without lm_head"));
}

std::string ShapeString(const std::vector<size_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += StrCat(i == 0 ? "" : ", ", shape[i]);
  return text + "]";
}

absl::Status MissingTensor(const std::string& directory, const std::string& name) {
  const std::string hint = name == kLmHeadName ? ", and tie_word_embeddings of config.json is false"
                           : name == kScoreName ? ", which a classifier of config.json needs"
                                                : "";
  return absl::InvalidArgumentError(
      StrCat(directory, ": the checkpoint holds no tensor \"", name, "\"", hint));
}

absl::StatusOr<TensorRef> MakeTensorRef(const Located& found, const NamedShape& needed,
                                        const std::string& directory) {
  const std::string where =
      StrCat(directory, "/", found.file->name, ": tensor ", found.entry->name);
  const std::optional<DType> dtype = DTypeFromName(found.entry->dtype);
  if (!dtype) {
    return absl::UnimplementedError(
        StrCat(where, " has dtype ", found.entry->dtype, "; supported are F32, F16 and BF16"));
  }
  if (found.entry->shape != needed.shape) {
    return absl::InvalidArgumentError(StrCat(where, " has shape ", ShapeString(found.entry->shape),
                                             "; config.json makes it ", ShapeString(needed.shape)));
  }
  return TensorRef{.name = needed.name,
                   .dtype = *dtype,
                   .shape = needed.shape,
                   .file = found.file_index,
                   .begin = found.entry->begin,
                   .size_bytes = found.size_bytes()};
}

// Old exports keep this table of RoPE frequencies as if it were a weight; the config decides them.
bool IsIgnored(std::string_view name) { return name.ends_with("rotary_emb.inv_freq"); }

absl::StatusOr<bool> SameBytes(const Located& a, const Located& b) {
  if (a.size_bytes() != b.size_bytes()) return false;
  std::vector<uint8_t> of_a, of_b;
  for (uint64_t at = 0; at < a.size_bytes(); at += of_a.size()) {
    of_a.resize(std::min(kCompareBytes, a.size_bytes() - at));
    of_b.resize(of_a.size());
    SOTTO_RETURN_IF_ERROR(a.file->contents->Read(a.entry->begin + at, of_a));
    SOTTO_RETURN_IF_ERROR(b.file->contents->Read(b.entry->begin + at, of_b));
    if (of_a != of_b) return false;
  }
  return true;
}

// A tied model saved with a copy of the embedding as its lm_head is fine; another lm_head is not.
absl::Status CheckTiedLmHead(const LocatedByName& located, const std::string& directory) {
  const Located& head = located.at(kLmHeadName);
  const Located& embedding = located.at(kEmbeddingName);
  SOTTO_ASSIGN_OR_RETURN(const bool same, SameBytes(head, embedding));
  if (same && head.entry->dtype == embedding.entry->dtype) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat(directory,
             ": tie_word_embeddings of config.json is true, but lm_head.weight differs "
             "from model.embed_tokens.weight"));
}

// Refuses tensors that belong to a Llama model but not to this config: a bias, or one more layer,
// left out in silence would give wrong logits. Names of other families (a value head) are ignored.
absl::Status CheckExtraTensors(const ModelSpec& config, const LocatedByName& located,
                               const std::vector<TensorRef>& needed, const std::string& directory) {
  for (const auto& [name, found] : located) {
    const auto it = std::lower_bound(needed.begin(), needed.end(), name,
                                     [](const auto& a, std::string_view b) { return a.name < b; });
    if (it != needed.end() && it->name == name) continue;
    if (name == kLmHeadName && config.tie_word_embeddings) {
      SOTTO_RETURN_IF_ERROR(CheckTiedLmHead(located, directory));
    } else if (name == kLmHeadName && !config.has_lm_head()) {
      continue;  // Left over from the model that this one was made of.
    } else if ((name.starts_with("model.") || name.starts_with("lm_head.")) && !IsIgnored(name)) {
      return absl::InvalidArgumentError(StrCat(directory, "/", found.file->name, ": tensor ",
                                               Printable(name),
                                               " has no place in the model of config.json"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<TensorRef>> FindRequiredTensors(ModelSpec& config,
                                                           const std::vector<WeightFile>& files,
                                                           const std::string& directory) {
  SOTTO_ASSIGN_OR_RETURN(const LocatedByName located, LocateAll(files, directory));
  CompleteHead(located, config);
  std::vector<TensorRef> tensors;
  for (const NamedShape& needed : RequiredTensors(config)) {
    const auto it = located.find(needed.name);
    if (it == located.end()) return MissingTensor(directory, needed.name);
    SOTTO_ASSIGN_OR_RETURN(TensorRef tensor, MakeTensorRef(it->second, needed, directory));
    tensors.push_back(std::move(tensor));
  }
  std::sort(tensors.begin(), tensors.end(),
            [](const TensorRef& a, const TensorRef& b) { return a.name < b.name; });
  SOTTO_RETURN_IF_ERROR(CheckExtraTensors(config, located, tensors, directory));
  return tensors;
}

}  // namespace sotto
