#include "model/input_paths.h"

#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "base/strings.h"
#include "model/checkpoint.h"
#include "model/config.h"
#include "model/shard_index.h"

namespace sotto {

std::vector<std::string> ModelInputPaths(const std::string& model) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(model, ignored)) return {model};
  std::vector<std::string> paths;
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
