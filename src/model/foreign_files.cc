#include "model/foreign_files.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/strings.h"
#include "model/damaged.h"
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

// Weights of other formats, and how they become safetensors.
struct OtherWeights {
  const char* file;
  const char* what;
};
constexpr OtherWeights kOtherWeights[] = {
    {"pytorch_model.bin", "PyTorch"},
    {"pytorch_model.bin.index.json", "PyTorch"},
    {"consolidated.00.pth", "original PyTorch"},
    {"consolidated.safetensors", "original (not Hugging Face) safetensors"},
    {"tf_model.h5", "TensorFlow"},
    {"flax_model.msgpack", "Flax"},
};

constexpr size_t kMostShards = 512;

bool BeginsWithAnyCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return a == std::tolower(static_cast<uint8_t>(b)); });
}

bool IsLoraAdapter(const ModelFiles& model) {
  return model.Has("adapter_config.json") || model.Has("adapter_model.safetensors");
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

absl::Status CheckHasConfig(const ModelFiles& model) {
  if (model.Has("config.json")) return absl::OkStatus();
  if (IsLoraAdapter(model)) return absl::UnimplementedError(StrCat(model.path(), kLoraAdapter));
  if (!model.Has("params.json")) return absl::OkStatus();  // Reading will say what is missing.
  return absl::UnimplementedError(
      StrCat(model.path(),
             ": is in the format that its maker publishes (params.json); use the Hugging Face "
             "format, or convert it (transformers: convert_llama_weights_to_hf.py)"));
}

absl::Status NoWeights(const ModelFiles& model) {
  if (IsLoraAdapter(model)) return absl::UnimplementedError(StrCat(model.path(), kLoraAdapter));
  for (const OtherWeights& other : kOtherWeights) {
    if (!model.Has(other.file)) continue;
    return absl::UnimplementedError(
        StrCat(model.path(), ": holds ", other.what, " weights (", other.file,
               "); Sotto reads safetensors (transformers: from_pretrained, then save_pretrained)"));
  }
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
