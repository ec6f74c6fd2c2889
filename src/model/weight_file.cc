#include "model/weight_file.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "base/strings.h"
#include "model/printable.h"
#include "model/shard_index.h"

namespace sotto {
namespace {

// The header's length and as many bytes of it as are there, each read once.
absl::StatusOr<std::vector<uint8_t>> ReadFileHeader(const FileBytes& file) {
  std::array<uint8_t, kSafetensorsLengthBytes> length{};
  std::vector<uint8_t> header(std::min<uint64_t>(file.size(), length.size()));
  SOTTO_RETURN_IF_ERROR(file.Read(0, header));
  if (header.size() < length.size()) return header;
  std::copy(header.begin(), header.end(), length.begin());
  header.resize(std::min(file.size(), SafetensorsHeaderBytes(length)));
  SOTTO_RETURN_IF_ERROR(file.Read(length.size(), std::span(header).subspan(length.size())));
  return header;
}

absl::StatusOr<WeightFile> OpenOne(const ModelFiles& model, const std::string& name) {
  WeightFile file;
  file.name = name;
  SOTTO_ASSIGN_OR_RETURN(file.contents, model.Open(name));
  SOTTO_ASSIGN_OR_RETURN(file.header, ReadFileHeader(*file.contents));
  SOTTO_ASSIGN_OR_RETURN(file.entries, ParseSafetensorsHeader(file.header, file.contents->size(),
                                                              StrCat(model.path(), "/", name)));
  return file;
}

// Removes from `file` what `index` does not know, counting what it does.
absl::StatusOr<size_t> KeepIndexed(const ShardIndex& index, const std::string& source,
                                   WeightFile& file) {
  for (const SafetensorsEntry& entry : file.entries) {
    const auto it = index.find(entry.name);
    if (it == index.end() || it->second == file.name) continue;
    return absl::DataLossError(StrCat(source, ": tensor ", Printable(entry.name), " is in ",
                                      file.name, ", but the index says ", it->second));
  }
  std::erase_if(file.entries, [&](const auto& entry) { return !index.contains(entry.name); });
  return file.entries.size();
}

absl::Status MissingFromShard(const ShardIndex& index, const std::vector<WeightFile>& files,
                              const std::string& source) {
  std::set<std::string_view> present;
  for (const WeightFile& file : files) {
    for (const SafetensorsEntry& entry : file.entries) present.insert(entry.name);
  }
  for (const auto& [tensor, shard] : index) {
    if (present.contains(tensor)) continue;
    return absl::DataLossError(StrCat(source, ": ", shard, " does not hold tensor ",
                                      Printable(tensor), ", which the index says is there"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<WeightFile>> OpenShards(const ModelFiles& model) {
  const std::string source = StrCat(model.path(), "/", kShardIndexName);
  SOTTO_ASSIGN_OR_RETURN(const std::string text, model.ReadText(kShardIndexName, kMaxIndexBytes));
  SOTTO_ASSIGN_OR_RETURN(const ShardIndex index, ParseShardIndex(text, source));
  std::set<std::string> names;
  for (const auto& [tensor, shard] : index) names.insert(shard);
  std::vector<WeightFile> files;
  size_t found = 0;
  for (const std::string& name : names) {
    SOTTO_ASSIGN_OR_RETURN(WeightFile file, OpenOne(model, name));
    SOTTO_ASSIGN_OR_RETURN(const size_t kept, KeepIndexed(index, source, file));
    found += kept;
    files.push_back(std::move(file));
  }
  if (found != index.size()) return MissingFromShard(index, files, source);
  return files;
}

}  // namespace

absl::StatusOr<std::vector<WeightFile>> OpenWeightFiles(const ModelFiles& model) {
  if (!model.Has(kSingleWeightsName)) {
    if (model.Has(kShardIndexName)) return OpenShards(model);
    return absl::NotFoundError(
        StrCat(model.path(), ": holds neither ", kSingleWeightsName, " nor ", kShardIndexName));
  }
  std::vector<WeightFile> files;
  SOTTO_ASSIGN_OR_RETURN(WeightFile file, OpenOne(model, kSingleWeightsName));
  files.push_back(std::move(file));
  return files;
}

}  // namespace sotto
