#include "model/safetensors_writer.h"

#include <cstring>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/strings.h"
#include "model/dtype.h"
#include "nlohmann/json.hpp"

namespace sotto {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr size_t kDataAlignment = 64;

}  // namespace

uint64_t TensorBytes(const TensorSpec& tensor) {
  const std::optional<size_t> bits = SafetensorsElementBits(tensor.dtype);
  SOTTO_CHECK(bits.has_value());
  uint64_t size = *bits;
  for (const size_t dimension : tensor.shape) size *= dimension;
  return size / 8;
}

std::string SafetensorsHeader(const std::vector<TensorSpec>& tensors,
                              const std::map<std::string, std::string>& metadata) {
  OrderedJson json = OrderedJson::object();
  if (!metadata.empty()) json["__metadata__"] = metadata;
  uint64_t begin = 0;
  for (const TensorSpec& tensor : tensors) {
    SOTTO_CHECK(!json.contains(tensor.name));
    const uint64_t end = begin + TensorBytes(tensor);
    json[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  uint64_t length = text.size();
  length += (kDataAlignment - (sizeof length + length) % kDataAlignment) % kDataAlignment;
  text.resize(length, ' ');
  std::string header(sizeof length, '\0');
  std::memcpy(header.data(), &length, sizeof length);
  return header + text;
}

absl::StatusOr<SafetensorsWriter> SafetensorsWriter::Create(
    const std::string& path, const std::vector<TensorSpec>& tensors,
    const std::map<std::string, std::string>& metadata) {
  SOTTO_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  const std::string header = SafetensorsHeader(tensors, metadata);
  SOTTO_RETURN_IF_ERROR(file.Append(header));
  std::vector<uint64_t> begins = {header.size()};
  for (const TensorSpec& tensor : tensors) begins.push_back(begins.back() + TensorBytes(tensor));
  if (begins.back() > header.size()) {  // The file has its full size even if values stay zero.
    SOTTO_RETURN_IF_ERROR(file.WriteAt(begins.back() - 1, std::string_view("\0", 1)));
  }
  return SafetensorsWriter(std::move(file), std::move(begins));
}

absl::Status SafetensorsWriter::Write(size_t tensor, uint64_t offset_bytes,
                                      std::span<const uint8_t> values) {
  SOTTO_CHECK(tensor + 1 < begins_.size());
  const uint64_t size = begins_[tensor + 1] - begins_[tensor];
  SOTTO_CHECK(offset_bytes <= size && values.size() <= size - offset_bytes);
  return file_.WriteAt(begins_[tensor] + offset_bytes, AsText(values));
}

absl::Status SafetensorsWriter::Commit() { return file_.Commit(); }

}  // namespace sotto
