#include "model/weight_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "base/strings.h"
#include "model/foreign_files.h"
#include "model/printable.h"
#include "model/shard_index.h"

namespace sotto {
namespace {

constexpr uint64_t kCompareBytes = uint64_t{256} << 10;

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
  const std::string source = StrCat(model.path(), "/", name);
  const std::string_view begin(reinterpret_cast<const char*>(file.header.data()),
                               file.header.size());
  SOTTO_RETURN_IF_ERROR(CheckIsNoPlaceholder(begin, source));
  SOTTO_RETURN_IF_ERROR(CheckIsNoOtherFormat(begin, source));
  SOTTO_ASSIGN_OR_RETURN(file.entries,
                         ParseSafetensorsHeader(file.header, file.contents->size(), source));
  return file;
}

// A tensor in one of the files.
struct Place {
  const WeightFile* file;
  const SafetensorsEntry* entry;
};

absl::StatusOr<bool> SameBytes(const Place& a, const Place& b) {
  const uint64_t size = a.entry->end - a.entry->begin;
  if (b.entry->end - b.entry->begin != size) return false;
  std::vector<uint8_t> of_a, of_b;
  for (uint64_t at = 0; at < size; at += of_a.size()) {
    of_a.resize(std::min(kCompareBytes, size - at));
    of_b.resize(of_a.size());
    SOTTO_RETURN_IF_ERROR(a.file->contents->Read(a.entry->begin + at, of_a));
    SOTTO_RETURN_IF_ERROR(b.file->contents->Read(b.entry->begin + at, of_b));
    if (of_a != of_b) return false;
  }
  return true;
}

// Where the index says that each of its tensors is.
using Places = std::map<std::string_view, Place>;

absl::StatusOr<Places> FindIndexed(const ShardIndex& index, const std::vector<WeightFile>& files,
                                   const std::string& source) {
  Places places;
  for (const WeightFile& file : files) {
    for (const SafetensorsEntry& entry : file.entries) {
      const auto it = index.find(entry.name);
      if (it != index.end() && it->second == file.name) places[entry.name] = {&file, &entry};
    }
  }
  for (const auto& [tensor, shard] : index) {
    if (places.contains(tensor)) continue;
    return absl::DataLossError(StrCat(source, ": ", shard, " does not hold tensor ",
                                      Printable(tensor), ", which the index says is there"));
  }
  return places;
}

// Some tools write a tensor that two shards share into both. Only the one that the index names is
// used; one that differs would leave open which is meant.
absl::Status CheckCopies(const Places& places, const std::vector<WeightFile>& files,
                         const std::string& source) {
  for (const WeightFile& file : files) {
    for (const SafetensorsEntry& entry : file.entries) {
      const auto it = places.find(entry.name);
      if (it == places.end() || it->second.file == &file) continue;
      const Place& indexed = it->second;
      const bool same_form =
          entry.dtype == indexed.entry->dtype && entry.shape == indexed.entry->shape;
      SOTTO_ASSIGN_OR_RETURN(const bool same, SameBytes(indexed, {&file, &entry}));
      if (same && same_form) continue;
      return absl::DataLossError(
          StrCat(source, ": tensor ", Printable(entry.name), " is in ", indexed.file->name,
                 ", as the index says, but also in ", file.name,
                 same_form ? ", with other values" : ", of another dtype or shape"));
    }
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
  for (const std::string& name : names) {
    if (!model.Has(name)) {
      return absl::NotFoundError(StrCat(source, ": names ", name,
                                        ", which is not there; if a download was not finished, "
                                        "finish it"));
    }
    SOTTO_ASSIGN_OR_RETURN(WeightFile file, OpenOne(model, name));
    files.push_back(std::move(file));
  }
  SOTTO_ASSIGN_OR_RETURN(const Places places, FindIndexed(index, files, source));
  SOTTO_RETURN_IF_ERROR(CheckCopies(places, files, source));
  for (WeightFile& file : files) {
    std::erase_if(file.entries, [&](const SafetensorsEntry& entry) {
      const auto it = index.find(entry.name);
      return it == index.end() || it->second != file.name;
    });
  }
  return files;
}

}  // namespace

absl::StatusOr<std::vector<WeightFile>> OpenWeightFiles(const ModelFiles& model) {
  const char* name = kSingleWeightsName;
  if (!model.Has(name)) {
    if (model.Has(kShardIndexName)) return OpenShards(model);
    name = kOnlyShardName;
    if (!model.Has(name)) return NoWeights(model);
  }
  std::vector<WeightFile> files;
  SOTTO_ASSIGN_OR_RETURN(WeightFile file, OpenOne(model, name));
  files.push_back(std::move(file));
  return files;
}

}  // namespace sotto
