#include "model/required_tensors.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "base/strings.h"
#include "model/families/family.h"
#include "model/foreign_files.h"
#include "model/printable.h"
#include "model/tensor_names.h"

namespace sotto {
namespace {

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

// In any form: a quantised one is none that could be left out.
bool HasLmHead(const LocatedByName& located) {
  constexpr std::string_view kBegin = "lm_head.";
  const auto first = located.lower_bound(kBegin);
  return first != located.end() && first->first.starts_with(kBegin);
}

// What the files alone tell of the head.
void CompleteHead(const LocatedByName& located, ModelSpec& config) {
  config.head.bias = config.head.kind == HeadKind::kClassifier && located.contains(kScoreBiasName);
  if (!config.has_lm_head() || HasLmHead(located)) return;
  const auto embedding = located.find(kEmbeddingName);
  if (embedding == located.end()) return;
  if (config.tie_word_embeddings) {
    if (!LacksPrefix(embedding->second.entry->name)) return;
    config.logits_warning =
        StrCat(embedding->second.file->name, ": tensors have no \"", kPrefix,
               "\" before their names, as those of an embedding model: it may never have been "
               "trained to predict tokens with its embedding");
    return;
  }
  const std::string named = config.architecture;
  config.head.kind = HeadKind::kNone;
  config.architecture = Architecture{ArchitectureNamed(named).family, HeadKind::kNone}.name();
  config.warnings.push_back(StrCat("architectures names ", named,
                                   ", but the weights are those of a ", config.architecture,
                                   ": tie_word_embeddings is false, and they hold no lm_head"));
}

std::string ShapeString(const std::vector<size_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += StrCat(i == 0 ? "" : ", ", shape[i]);
  return text + "]";
}

// Of a checkpoint whose names begin otherwise, as those of a model that is part of another: an
// example.
std::string OtherNames(const std::string& name, const LocatedByName& located) {
  const auto same = [&](const auto& tensor) { return tensor.first.ends_with("." + name); };
  if (const auto it = std::ranges::find_if(located, same); it != located.end()) {
    return StrCat(", but ", Printable(it->first));
  }
  const auto first = located.lower_bound(kPrefix);
  const bool some = first != located.end() && first->first.starts_with(kPrefix);
  if (some || located.empty()) return "";
  return StrCat("; its names are like ", Printable(located.begin()->first));
}

absl::Status MissingTensor(const std::string& directory, const std::string& name,
                           const LocatedByName& located) {
  const std::string packed = StrCat(name.substr(0, name.rfind('.') + 1), "qweight");
  if (located.contains(packed)) {
    return absl::UnimplementedError(StrCat(directory, ": holds tensor ", packed,
                                           ", as GPTQ and AWQ checkpoints do",
                                           kUseOriginalWeights));
  }
  const std::string hint = name == kLmHeadName ? ", and tie_word_embeddings of config.json is false"
                           : name == kScoreName ? ", which a classifier of config.json needs"
                                                : OtherNames(name, located);
  return absl::InvalidArgumentError(
      StrCat(directory, ": the checkpoint holds no tensor \"", name, "\"", hint));
}

// What a dtype that is not read says of the checkpoint.
std::string DTypeHint(std::string_view dtype) {
  if (dtype.starts_with("F8_")) return StrCat(": an FP8 checkpoint", kUseOriginalWeights);
  if (dtype == "U8" || dtype == "I8") {
    return StrCat(": a quantised checkpoint, as bitsandbytes makes them", kUseOriginalWeights);
  }
  return "; supported are F32, F16 and BF16";
}

bool IsOfLabels(std::string_view name) { return name == kScoreName || name == kScoreBiasName; }
constexpr char kLabelRows[] = ", a row for each label (id2label, num_labels)";

absl::StatusOr<TensorRef> MakeTensorRef(const Located& found, const NamedShape& needed,
                                        const std::string& directory) {
  const std::string where =
      StrCat(directory, "/", found.file->name, ": tensor ", found.entry->name);
  const std::optional<DType> dtype = DTypeFromName(found.entry->dtype);
  if (!dtype) {
    return absl::UnimplementedError(
        StrCat(where, " has dtype ", found.entry->dtype, DTypeHint(found.entry->dtype)));
  }
  if (found.entry->shape != needed.shape) {
    return absl::InvalidArgumentError(StrCat(where, " has shape ", ShapeString(found.entry->shape),
                                             "; config.json makes it ", ShapeString(needed.shape),
                                             IsOfLabels(needed.name) ? kLabelRows : ""));
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

// As an adapter's file that lost its name and its adapter_config.json, or lies in the model's.
absl::Status CheckHasNoAdapter(const LocatedByName& located, const std::string& directory) {
  for (const auto& [name, found] : located) {
    if (name.find(".lora_") == std::string_view::npos) continue;
    return absl::UnimplementedError(
        StrCat(directory, "/", found.file->name, ": tensor ", Printable(name),
               " is a LoRA adapter's; merge the adapter into its base model first (peft: "
               "merge_and_unload, save_pretrained)"));
  }
  return absl::OkStatus();
}

// Whether the model may be wrong without it: a bias, or one more layer.
bool IsOfTheModel(std::string_view name) {
  return name.starts_with(kPrefix) || name.starts_with("lm_head.");
}

std::string IgnoredWarning(const Located& first, size_t count) {
  return StrCat(first.file->name, ": ignoring tensor ", Printable(first.entry->name),
                count > 1 ? StrCat(" and ", count - 1, " more") : "",
                ", for which config.json has no place; results are wrong if the model depends on ",
                count > 1 ? "them" : "it");
}

// Refuses tensors that belong to a Llama model but not to this config: left out in silence, they
// would give wrong logits. Others (a value head) are ignored, with a warning.
absl::Status CheckExtraTensors(const LocatedByName& located, const std::vector<TensorRef>& needed,
                               const std::string& directory, ModelSpec& config) {
  const Located* ignored = nullptr;
  size_t count = 0;
  for (const auto& [name, found] : located) {
    const auto it = std::lower_bound(needed.begin(), needed.end(), name,
                                     [](const auto& a, std::string_view b) { return a.name < b; });
    if (it != needed.end() && it->name == name) continue;
    // The former is left over from the model that this one was made of.
    if ((name == kLmHeadName && !config.has_lm_head()) || IsIgnored(name)) continue;
    if (IsOfTheModel(name)) {
      return absl::InvalidArgumentError(StrCat(directory, "/", found.file->name, ": tensor ",
                                               Printable(name),
                                               " has no place in the model of config.json"));
    }
    if (count++ == 0) ignored = &found;
  }
  if (count > 0) config.weight_warnings.push_back(IgnoredWarning(*ignored, count));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<TensorRef>> FindRequiredTensors(ModelSpec& config,
                                                           const std::vector<WeightFile>& files,
                                                           const std::string& directory) {
  SOTTO_ASSIGN_OR_RETURN(const LocatedByName located, LocateAll(files, directory));
  SOTTO_RETURN_IF_ERROR(CheckHasNoAdapter(located, directory));
  CompleteHead(located, config);
  ModelSpec wanted = config;
  if (located.contains(kLmHeadName)) wanted.tie_word_embeddings = false;
  std::vector<TensorRef> tensors;
  for (const NamedShape& needed : RequiredTensors(wanted)) {
    const auto it = located.find(needed.name);
    if (it == located.end()) return MissingTensor(directory, needed.name, located);
    SOTTO_ASSIGN_OR_RETURN(TensorRef tensor, MakeTensorRef(it->second, needed, directory));
    tensors.push_back(std::move(tensor));
  }
  std::sort(tensors.begin(), tensors.end(),
            [](const TensorRef& a, const TensorRef& b) { return a.name < b.name; });
  SOTTO_RETURN_IF_ERROR(CheckExtraTensors(located, tensors, directory, config));
  return tensors;
}

}  // namespace sotto
