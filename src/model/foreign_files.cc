#include "model/foreign_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "base/strings.h"
#include "model/damaged.h"
#include "model/printable.h"
#include "model/shard_index.h"

namespace sotto {
namespace {

constexpr std::string_view kLfsPointer = "version https://git-lfs.github.com/spec/";
// Longer than the few bytes that begin a safetensors file by chance: no header is so long that its
// length would spell one of these.
constexpr std::array<std::string_view, 4> kPages = {"<!doctype", "<html", "<head", "<?xml"};

constexpr char kLoraAdapter[] =
    ": is a LoRA adapter, not a whole model; merge it into its base model first (peft: "
    "merge_and_unload, save_pretrained)";

constexpr char kOriginalFormat[] =
    "; use the Hugging Face format, or convert it (transformers: convert_llama_weights_to_hf.py, "
    "convert_mistral_weights_to_hf.py)";
constexpr char kSaveAsSafetensors[] =
    "; Sotto reads safetensors (transformers: from_pretrained, then save_pretrained)";
constexpr char kUseSource[] = "; Sotto reads safetensors: use the checkpoint that it was made from";

// Weights of other formats by the names of their files, and how they become safetensors.
struct OtherWeights {
  std::string_view prefix, suffix;
  const char *what, *remedy;
};
constexpr OtherWeights kOtherWeights[] = {
    {"pytorch_model", ".bin", "PyTorch", kSaveAsSafetensors},
    {"pytorch_model", ".bin.index.json", "PyTorch", kSaveAsSafetensors},
    {"consolidated", ".pth", "original PyTorch", kOriginalFormat},
    {"consolidated", ".safetensors", "original (not Hugging Face) safetensors", kOriginalFormat},
    {"", ".gguf", "GGUF", kUseSource},
    {"tf_model", ".h5", "TensorFlow", kSaveAsSafetensors},
    {"flax_model", ".msgpack", "Flax", kSaveAsSafetensors},
    {"model", ".pth", "PyTorch", kSaveAsSafetensors},
    {"model", ".pt", "PyTorch", kSaveAsSafetensors},
    {"", ".ckpt", "PyTorch", kSaveAsSafetensors},
    {"", ".onnx", "ONNX", kUseSource},
};

// Formats by how their files begin.
struct OtherFormat {
  std::string_view begin;
  const char *what, *remedy;
};
constexpr OtherFormat kOtherFormats[] = {
    {"PK\x03\x04", "a zip archive, as PyTorch writes its weights", kSaveAsSafetensors},
    {"\x80\x02", "a pickle, as PyTorch wrote its weights", kSaveAsSafetensors},
    {"\x80\x03", "a pickle, as PyTorch wrote its weights", kSaveAsSafetensors},
    {"\x80\x04", "a pickle, as PyTorch wrote its weights", kSaveAsSafetensors},
    {"\x80\x05", "a pickle, as PyTorch wrote its weights", kSaveAsSafetensors},
    {"GGUF", "a GGUF file", kUseSource},
    {"\x89HDF\r\n", "an HDF5 file, as TensorFlow writes its weights", kSaveAsSafetensors},
    {"\x1f\x8b", "compressed (gzip)", "; unpack it first"},
    {"\x28\xb5\x2f\xfd", "compressed (zstd)", "; unpack it first"},
    {"\xfd\x37zXZ", "compressed (xz)", "; unpack it first"},
};

constexpr size_t kMostShards = 512;

bool BeginsWithAnyCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return a == std::tolower(static_cast<uint8_t>(b)); });
}

constexpr const char* kAdapterFiles[] = {"adapter_config.json", "adapter_model.safetensors",
                                         "adapter_model.bin"};

// The file that shows that there is a LoRA adapter, or null.
const char* AdapterFile(const ModelFiles& model) {
  for (const char* name : kAdapterFiles) {
    if (model.Has(name)) return name;
  }
  return nullptr;
}

// OK where there are no weights of another format.
absl::Status CheckOtherWeights(const ModelFiles& model) {
  const std::vector<std::string> names = model.Names();
  for (const OtherWeights& other : kOtherWeights) {
    for (const std::string& name : names) {
      if (!name.starts_with(other.prefix) || !name.ends_with(other.suffix)) continue;
      return absl::UnimplementedError(StrCat(model.path(), ": holds ", other.what, " weights (",
                                             Printable(name), ")", other.remedy));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckIsNoPlaceholder(std::string_view begin, const std::string& source) {
  if (begin.starts_with(kLfsPointer)) {
    return Damaged(source,
                   "is a Git LFS pointer, not the file itself; fetch the file with git lfs pull");
  }
  begin.remove_prefix(std::min(begin.find_first_not_of(" \t\r\n"), begin.size()));
  const bool page = std::ranges::any_of(
      kPages, [&](std::string_view prefix) { return BeginsWithAnyCase(begin, prefix); });
  if (!page) return absl::OkStatus();
  return Damaged(source,
                 "is a web page, which servers send in place of a file that is missing or needs a "
                 "login; download the file again");
}

absl::Status CheckIsNoOtherFormat(std::string_view begin, const std::string& source) {
  // Behind the length of its header, which may spell anything, a safetensors file has a brace.
  constexpr size_t kBraceAt = 8;
  if (begin.size() > kBraceAt && begin[kBraceAt] == '{') return absl::OkStatus();
  for (const OtherFormat& other : kOtherFormats) {
    if (!begin.starts_with(other.begin)) continue;
    return absl::UnimplementedError(
        StrCat(source, ": is ", other.what, ", whatever its name", other.remedy));
  }
  return absl::OkStatus();
}

absl::Status CheckHasConfig(const ModelFiles& model) {
  if (model.Has("config.json")) return absl::OkStatus();
  if (AdapterFile(model) != nullptr) {
    return absl::UnimplementedError(StrCat(model.path(), kLoraAdapter));
  }
  if (model.Has("params.json")) {
    return absl::UnimplementedError(
        StrCat(model.path(), ": is in the format that its maker publishes (params.json)",
               kOriginalFormat));
  }
  if (model.Has("snapshots")) {
    return absl::NotFoundError(
        StrCat(model.path(),
               ": is the folder of a Hugging Face cache; name one of those in its snapshots"));
  }
  const bool safetensors =
      model.Has(kSingleWeightsName) || model.Has(kOnlyShardName) || model.Has(kShardIndexName);
  if (!safetensors) SOTTO_RETURN_IF_ERROR(CheckOtherWeights(model));
  return absl::NotFoundError(
      StrCat(model.path(), model.Names().empty() ? ": is empty" : ": holds no config.json",
             "; a model is a directory with config.json, tokenizer.json and model.safetensors, or "
             "its shards"));
}

std::string AdapterWarning(const ModelFiles& model) {
  const char* const file = AdapterFile(model);
  if (file == nullptr) return "";
  return StrCat("beside it lies a LoRA adapter (", file,
                "), which is not applied; if it is to be, ",
                "merge it into the weights first (peft: merge_and_unload, save_pretrained)");
}

absl::Status NoWeights(const ModelFiles& model) {
  if (AdapterFile(model) != nullptr) {
    return absl::UnimplementedError(StrCat(model.path(), kLoraAdapter));
  }
  SOTTO_RETURN_IF_ERROR(CheckOtherWeights(model));
  for (size_t count = 2; count <= kMostShards; ++count) {
    const std::string first = ShardName(0, count);
    if (!model.Has(first)) continue;
    return absl::NotFoundError(StrCat(model.path(), ": holds ", first, ", but no ", kShardIndexName,
                                      ", which names the ", count, " shards; download it, too"));
  }
  return absl::NotFoundError(
      StrCat(model.path(), ": holds neither ", kSingleWeightsName, " nor ", kShardIndexName));
}

}  // namespace sotto
