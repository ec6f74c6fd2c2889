#include "model/safetensors.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "base/json_depth.h"
#include "base/strings.h"
#include "model/damaged.h"
#include "model/dtype.h"
#include "model/printable.h"
#include "simdjson.h"

namespace sotto {
namespace {

constexpr uint64_t kLengthBytes = kSafetensorsLengthBytes;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // The reference implementation's limit.
constexpr size_t kMaxRank = 16;
// The usual reason.
constexpr char kCutShort[] = "; if its download was cut short, download it again";

absl::Status DamagedTensor(const std::string& source, std::string_view name,
                           const std::string& what) {
  return Damaged(source, StrCat("tensor ", Printable(name), ": ", what));
}

// Whether the file begins as an object or array does, not with a header's length.
bool IsJsonText(std::span<const uint8_t> prefix) {
  const auto first = std::find_if(prefix.begin(), prefix.end(), [](uint8_t c) {
    return c != ' ' && c != '\t' && c != '\r' && c != '\n';
  });
  return first != prefix.end() && (*first == '{' || *first == '[');
}

// The JSON text of the header.
absl::StatusOr<std::string_view> HeaderText(std::span<const uint8_t> prefix, uint64_t file_size,
                                            const std::string& source) {
  if (file_size < kLengthBytes || prefix.size() < kLengthBytes) {
    return Damaged(
        source, StrCat("only ", file_size, " bytes, too short for a safetensors file", kCutShort));
  }
  uint64_t length;
  std::memcpy(&length, prefix.data(), sizeof length);
  if (length > kMaxHeaderBytes && IsJsonText(prefix)) {
    return Damaged(source,
                   "is a JSON document, not weights, as servers send in place of a file that is "
                   "missing or needs a login; download the file again");
  }
  if (length > kMaxHeaderBytes) {
    return Damaged(source, StrCat("header length ", length, " is more than ", kMaxHeaderBytes));
  }
  if (length > file_size - kLengthBytes || length > prefix.size() - kLengthBytes) {
    return Damaged(source, StrCat("header of ", length,
                                  " bytes at offset 8 is truncated: the file "
                                  "has ",
                                  file_size, " bytes", kCutShort));
  }
  return std::string_view(reinterpret_cast<const char*>(prefix.data()) + kLengthBytes, length);
}

// Members of a tensor's object; any other member is refused, as is one given twice.
struct RawTensor {
  std::optional<std::string_view> dtype;
  std::optional<std::vector<uint64_t>> shape, data_offsets;
};

template <typename T>
bool SetOnce(std::optional<T>& target, simdjson::simdjson_result<T> value) {
  if (target.has_value() || value.error() != simdjson::SUCCESS) return false;
  target = value.value_unsafe();
  return true;
}

bool SetOnce(std::optional<std::vector<uint64_t>>& target, simdjson::dom::element value) {
  simdjson::dom::array array;
  if (target.has_value() || value.get(array) != simdjson::SUCCESS) return false;
  if (array.size() > kMaxRank) return false;
  target.emplace();
  for (const simdjson::dom::element item : array) {
    uint64_t number;
    if (item.get(number) != simdjson::SUCCESS) return false;
    target->push_back(number);
  }
  return true;
}

absl::StatusOr<RawTensor> ReadRawTensor(simdjson::dom::element value, std::string_view name,
                                        const std::string& source) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    return DamagedTensor(source, name, "not a JSON object");
  }
  RawTensor raw;
  for (const auto& [key, member] : object) {
    const bool good = key == "dtype"          ? SetOnce(raw.dtype, member.get_string())
                      : key == "shape"        ? SetOnce(raw.shape, member)
                      : key == "data_offsets" ? SetOnce(raw.data_offsets, member)
                                              : false;
    if (!good) return DamagedTensor(source, name, StrCat("bad member ", Printable(key)));
  }
  if (!raw.dtype || !raw.shape || !raw.data_offsets || raw.data_offsets->size() != 2) {
    return DamagedTensor(source, name, "needs dtype, shape and two data_offsets");
  }
  return raw;
}

// shape x dtype in bytes; nothing when that overflows or is not whole.
std::optional<uint64_t> SizeBytes(const std::vector<uint64_t>& shape, size_t element_bits) {
  uint64_t bits = element_bits;
  for (const uint64_t dimension : shape) {
    if (__builtin_mul_overflow(bits, dimension, &bits)) return std::nullopt;
  }
  if (bits % 8 != 0) return std::nullopt;
  return bits / 8;
}

absl::StatusOr<SafetensorsEntry> CheckTensor(const RawTensor& raw, std::string_view name,
                                             uint64_t data_begin, uint64_t file_size,
                                             const std::string& source) {
  const std::optional<size_t> bits = SafetensorsElementBits(*raw.dtype);
  if (!bits) return DamagedTensor(source, name, StrCat("unknown dtype ", Printable(*raw.dtype)));
  const uint64_t begin = (*raw.data_offsets)[0], end = (*raw.data_offsets)[1];
  if (begin > end || end > file_size - data_begin) {
    return DamagedTensor(source, name,
                         StrCat("data_offsets [", begin, ", ", end, "] do not lie in the file's ",
                                file_size - data_begin, " bytes of data", kCutShort));
  }
  const std::optional<uint64_t> size = SizeBytes(*raw.shape, *bits);
  if (!size || *size != end - begin) {
    return DamagedTensor(source, name,
                         StrCat("data_offsets hold ", end - begin,
                                " bytes, which is not what shape and dtype need"));
  }
  return SafetensorsEntry{std::string(name), std::string(*raw.dtype),
                          std::vector<size_t>(raw.shape->begin(), raw.shape->end()),
                          data_begin + begin, data_begin + end};
}

// The data must cover [data_begin, file_size) exactly. Sorts `entries` by offset.
absl::Status CheckLayout(std::vector<SafetensorsEntry>& entries, uint64_t data_begin,
                         uint64_t file_size, const std::string& source) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t covered = data_begin;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin != covered) {
      return DamagedTensor(source, entry.name,
                           StrCat(entry.begin < covered ? "overlaps the tensor before it"
                                                        : "leaves a hole before it",
                                  " at offset ", std::min(entry.begin, covered)));
    }
    covered = entry.end;
  }
  if (covered != file_size) {
    return Damaged(source, StrCat("holds ", file_size - covered,
                                  " bytes that belong to no tensor, at offset ", covered));
  }
  return absl::OkStatus();
}

absl::Status CheckNames(const std::vector<SafetensorsEntry>& entries, const std::string& source) {
  std::set<std::string_view> names;
  for (const SafetensorsEntry& entry : entries) {
    if (!names.insert(entry.name).second) {
      return DamagedTensor(source, entry.name, "appears twice");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<SafetensorsEntry>> ParseSafetensorsHeader(
    std::span<const uint8_t> file_prefix, uint64_t file_size, const std::string& source) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view text, HeaderText(file_prefix, file_size, source));
  SOTTO_RETURN_IF_ERROR(CheckJsonDepth(text, source));
  const uint64_t data_begin = kLengthBytes + text.size();
  simdjson::dom::parser parser;
  simdjson::dom::object header;
  // simdjson wants padding behind the text, so the parser copies it.
  if (parser.parse(text.data(), text.size()).get(header) != simdjson::SUCCESS) {
    return Damaged(source, "the header at offset 8 is not a JSON object");
  }
  std::vector<SafetensorsEntry> entries;
  for (const auto& [name, value] : header) {
    if (name == "__metadata__") continue;
    SOTTO_ASSIGN_OR_RETURN(const RawTensor raw, ReadRawTensor(value, name, source));
    SOTTO_ASSIGN_OR_RETURN(SafetensorsEntry entry,
                           CheckTensor(raw, name, data_begin, file_size, source));
    entries.push_back(std::move(entry));
  }
  SOTTO_RETURN_IF_ERROR(CheckNames(entries, source));
  SOTTO_RETURN_IF_ERROR(CheckLayout(entries, data_begin, file_size, source));
  return entries;
}

uint64_t SafetensorsHeaderBytes(std::span<const uint8_t, kSafetensorsLengthBytes> length) {
  uint64_t text;
  std::memcpy(&text, length.data(), sizeof text);
  return kSafetensorsLengthBytes + std::min(text, kMaxHeaderBytes);
}

absl::StatusOr<SafetensorsFile> SafetensorsFile::Open(const std::string& path) {
  SafetensorsFile file;
  file.path_ = path;
  SOTTO_ASSIGN_OR_RETURN(file.file_, ReadFile(path));
  SOTTO_ASSIGN_OR_RETURN(file.entries_,
                         ParseSafetensorsHeader(file.bytes(), file.file_.size(), path));
  return file;
}

std::span<const uint8_t> SafetensorsFile::bytes() const {
  return {reinterpret_cast<const uint8_t*>(file_.data()), file_.size()};
}

absl::StatusOr<SafetensorsEntry> SafetensorsFile::Find(std::string_view name) const {
  for (const SafetensorsEntry& entry : entries_) {
    if (entry.name == name) return entry;
  }
  return absl::NotFoundError(StrCat(path_, ": holds no tensor ", Printable(name)));
}

std::span<const uint8_t> SafetensorsFile::bytes(const SafetensorsEntry& entry) const {
  return bytes().subspan(entry.begin, entry.end - entry.begin);
}

}  // namespace sotto
