#include "model/input_paths.h"

#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "base/strings.h"
#include "model/checkpoint.h"
#include "model/config.h"
#include "model/shard_index.h"

namespace sotto {
namespace {

// Only some of them are looked at; none of them may be overwritten by a result.
constexpr const char* kNamesBeside[] = {"tokenizer_config.json",
                                        "special_tokens_map.json",
                                        "added_tokens.json",
                                        "generation_config.json",
                                        "chat_template.jinja",
                                        "tokenizer.model",
                                        "vocab.json",
                                        "merges.txt",
                                        "modules.json",
                                        "config_sentence_transformers.json",
                                        "sentence_bert_config.json",
                                        "1_Pooling/config.json"};

}  // namespace

std::vector<std::string> ModelInputPaths(const std::string& model) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(model, ignored)) return {model};
  std::vector<std::string> paths;
  for (const char* name : kNamesBeside) paths.push_back(StrCat(model, "/", name));
  for (const char* name : {kConfigName, kTokenizerName, kSingleWeightsName, kShardIndexName}) {
    paths.push_back(StrCat(model, "/", name));
  }
  const absl::StatusOr<std::string> text = ReadFile(paths.back(), kMaxIndexBytes);
  if (!text.ok()) return paths;
  const absl::StatusOr<ShardIndex> index = ParseShardIndex(*text, paths.back());
  if (!index.ok()) return paths;
  std::string last;  // Most tensors are in the shard of the one before.
  for (const auto& [tensor, shard] : *index) {
    if (shard != last) paths.push_back(StrCat(model, "/", shard));
    last = shard;
  }
  return paths;
}

}  // namespace sotto
