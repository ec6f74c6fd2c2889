#include "model/sealed_directory.h"

#include <cstring>

#include "base/json_depth.h"
#include "base/strings.h"
#include "model/damaged.h"
#include "nlohmann/json.hpp"
#include "simdjson.h"

namespace sotto {
namespace {

constexpr uint64_t kMaxDirectoryBytes = 16u << 20;
constexpr size_t kAlignment = 64;

absl::Status DirectoryDamaged(const std::string& source, const std::string& what) {
  return Damaged(source, StrCat("the sealed directory ", what));
}

bool ReadExtent(simdjson::dom::element value, uint64_t payload_bytes,
                SealedDirectory::Extent& extent) {
  simdjson::dom::array pair;
  if (value.get(pair) != simdjson::SUCCESS || pair.size() != 2) return false;
  if (pair.at(0).get(extent.begin) != simdjson::SUCCESS) return false;
  if (pair.at(1).get(extent.end) != simdjson::SUCCESS) return false;
  return extent.begin <= extent.end && extent.end <= payload_bytes;
}

absl::StatusOr<std::string_view> DirectoryText(std::span<const uint8_t> payload,
                                               const std::string& source) {
  uint64_t length = 0;
  if (payload.size() < sizeof length) return DirectoryDamaged(source, "is missing");
  std::memcpy(&length, payload.data(), sizeof length);
  if (length > kMaxDirectoryBytes || length > payload.size() - sizeof length) {
    return DirectoryDamaged(source, StrCat("claims ", length, " bytes"));
  }
  return std::string_view(reinterpret_cast<const char*>(payload.data()) + sizeof length, length);
}

}  // namespace

std::string SerializeSealedDirectory(const SealedDirectory& directory) {
  nlohmann::ordered_json files = nlohmann::ordered_json::object();
  for (const auto& [name, extent] : directory.files) files[name] = {extent.begin, extent.end};
  const nlohmann::ordered_json json = {{"weights_sha256", directory.weights_sha256},
                                       {"files", files}};
  std::string text = json.dump();
  uint64_t length = text.size();
  length += (kAlignment - (sizeof length + length) % kAlignment) % kAlignment;
  text.resize(length, ' ');
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + text;
}

absl::StatusOr<SealedDirectory> ParseSealedDirectory(std::span<const uint8_t> payload,
                                                     const std::string& source) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view text, DirectoryText(payload, source));
  SOTTO_RETURN_IF_ERROR(CheckJsonDepth(text, source));
  simdjson::dom::parser parser;
  simdjson::dom::object root, files;
  std::string_view sha256;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS ||
      root["files"].get(files) != simdjson::SUCCESS ||
      root["weights_sha256"].get(sha256) != simdjson::SUCCESS) {
    return DirectoryDamaged(source, "is not the JSON object it should be");
  }
  SealedDirectory directory{std::string(sha256), {}};
  for (const auto& [name, value] : files) {
    SealedDirectory::Extent extent;
    if (!ReadExtent(value, payload.size(), extent) ||
        !directory.files.emplace(name, extent).second) {
      return DirectoryDamaged(source, "places a file twice or outside the payload");
    }
  }
  return directory;
}

}  // namespace sotto
