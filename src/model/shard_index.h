// model.safetensors.index.json: which shard holds which tensor.
#ifndef SOTTO_MODEL_SHARD_INDEX_H_
#define SOTTO_MODEL_SHARD_INDEX_H_

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sotto {

inline constexpr char kSingleWeightsName[] = "model.safetensors";
inline constexpr char kShardIndexName[] = "model.safetensors.index.json";

// Tensor name -> shard file name.
using ShardIndex = std::map<std::string, std::string, std::less<>>;

// Parses the text of an index; `source` names it in errors. Shard names are plain file names ending
// in .safetensors: one that would leave the directory is INVALID_ARGUMENT. DATA_LOSS for anything
// else that is wrong, a tensor named twice included.
absl::StatusOr<ShardIndex> ParseShardIndex(std::string_view json, const std::string& source);

}  // namespace sotto

#endif  // SOTTO_MODEL_SHARD_INDEX_H_
