// model.safetensors.index.json: which shard holds which tensor.
#ifndef SOTTO_MODEL_SHARD_INDEX_H_
#define SOTTO_MODEL_SHARD_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sotto {

inline constexpr char kSingleWeightsName[] = "model.safetensors";
inline constexpr char kShardIndexName[] = "model.safetensors.index.json";
// The only shard of its model, which may come without an index.
inline constexpr char kOnlyShardName[] = "model-00001-of-00001.safetensors";
inline constexpr size_t kMaxIndexBytes = size_t{100} << 20;

// Tensor name -> shard file name.
using ShardIndex = std::map<std::string, std::string, std::less<>>;

// Parses the text of an index; `source` names it in errors. Shard names are plain file names ending
// in .safetensors: one that would leave the directory is INVALID_ARGUMENT. DATA_LOSS for anything
// else that is wrong, a tensor named twice included.
absl::StatusOr<ShardIndex> ParseShardIndex(std::string_view json, const std::string& source);

// "model-00001-of-00003.safetensors" for index 0 of 3.
std::string ShardName(size_t index, size_t count);
// The text of an index over `total_size_bytes` of tensor data.
std::string ShardIndexToJson(const ShardIndex& index, uint64_t total_size_bytes);

}  // namespace sotto

#endif  // SOTTO_MODEL_SHARD_INDEX_H_
