#include "model/weight_file.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/strings.h"
#include "model/printable.h"
#include "model/shard_index.h"

namespace sotto {
namespace {

constexpr size_t kMaxIndexBytes = size_t{100} << 20;

class MappedFileBytes : public FileBytes {
 public:
  explicit MappedFileBytes(MappedFile file) : file_(std::move(file)) {}
  std::span<const uint8_t> bytes() const override { return file_.bytes(); }
  void DropPages(std::span<const uint8_t> part) const override { file_.DropPages(part); }

 private:
  MappedFile file_;
};

bool Exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

absl::StatusOr<WeightFile> OpenOne(const std::string& directory, const std::string& name) {
  const std::string path = StrCat(directory, "/", name);
  SOTTO_ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::Open(path));
  const std::span<const uint8_t> bytes = mapped.bytes();
  WeightFile file{name, nullptr, {}};
  SOTTO_ASSIGN_OR_RETURN(file.entries, ParseSafetensorsHeader(bytes, bytes.size(), path));
  file.contents = std::make_unique<MappedFileBytes>(std::move(mapped));
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

absl::StatusOr<std::vector<WeightFile>> OpenShards(const std::string& directory) {
  const std::string source = StrCat(directory, "/", kShardIndexName);
  SOTTO_ASSIGN_OR_RETURN(const std::string text, ReadFile(source, kMaxIndexBytes));
  SOTTO_ASSIGN_OR_RETURN(const ShardIndex index, ParseShardIndex(text, source));
  std::set<std::string> names;
  for (const auto& [tensor, shard] : index) names.insert(shard);
  std::vector<WeightFile> files;
  size_t found = 0;
  for (const std::string& name : names) {
    SOTTO_ASSIGN_OR_RETURN(WeightFile file, OpenOne(directory, name));
    SOTTO_ASSIGN_OR_RETURN(const size_t kept, KeepIndexed(index, source, file));
    found += kept;
    files.push_back(std::move(file));
  }
  if (found != index.size()) return MissingFromShard(index, files, source);
  return files;
}

}  // namespace

absl::StatusOr<std::vector<WeightFile>> OpenWeightFiles(const std::string& directory) {
  if (!Exists(StrCat(directory, "/", kSingleWeightsName))) {
    if (Exists(StrCat(directory, "/", kShardIndexName))) return OpenShards(directory);
    return absl::NotFoundError(
        StrCat(directory, ": holds neither ", kSingleWeightsName, " nor ", kShardIndexName));
  }
  std::vector<WeightFile> files;
  SOTTO_ASSIGN_OR_RETURN(WeightFile file, OpenOne(directory, kSingleWeightsName));
  files.push_back(std::move(file));
  return files;
}

}  // namespace sotto
