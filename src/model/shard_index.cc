#include "model/shard_index.h"

#include <cstdio>

#include "base/json_depth.h"
#include "base/strings.h"
#include "model/damaged.h"
#include "model/printable.h"
#include "nlohmann/json.hpp"
#include "simdjson.h"

namespace sotto {
namespace {

// A name with a separator would let an index reach any file of the machine.
bool IsPlainShardName(std::string_view name) {
  constexpr std::string_view kSuffix = ".safetensors";
  return name.size() > kSuffix.size() && name.ends_with(kSuffix) && name.front() != '.' &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

}  // namespace

absl::StatusOr<ShardIndex> ParseShardIndex(std::string_view json, const std::string& source) {
  SOTTO_RETURN_IF_ERROR(CheckJsonDepth(json, source));
  simdjson::dom::parser parser;
  simdjson::dom::object root, weight_map;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return Damaged(source, "not a JSON object");
  }
  if (root["weight_map"].get(weight_map) != simdjson::SUCCESS) {
    return Damaged(source, "holds no weight_map object");
  }
  // Readers differ in which of two they take.
  size_t maps = 0;
  for (const auto& [name, value] : root) maps += name == "weight_map" ? 1 : 0;
  if (maps > 1) return Damaged(source, "holds weight_map twice");
  ShardIndex index;
  for (const auto& [tensor, value] : weight_map) {
    std::string_view shard;
    if (value.get(shard) != simdjson::SUCCESS) {
      return Damaged(source, StrCat("weight_map names no file for tensor ", Printable(tensor)));
    }
    if (!IsPlainShardName(shard)) {
      return absl::InvalidArgumentError(
          StrCat(source, ": ", Printable(shard), " is not the name of a shard in this directory"));
    }
    if (!index.emplace(tensor, shard).second) {
      return Damaged(source, StrCat("weight_map names tensor ", Printable(tensor), " twice"));
    }
  }
  if (index.empty()) return Damaged(source, "weight_map is empty");
  return index;
}

std::string ShardName(size_t index, size_t count) {
  char name[80];
  std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", index + 1, count);
  return name;
}

std::string ShardIndexToJson(const ShardIndex& index, uint64_t total_size_bytes) {
  const nlohmann::ordered_json json = {{"metadata", {{"total_size", total_size_bytes}}},
                                       {"weight_map", index}};
  return json.dump(2) + "\n";
}

}  // namespace sotto
