#include "cli/logits_file.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "base/strings.h"
#include "cli/npy_header.h"
#include "kernels/oblivious_row.h"

namespace sotto {
namespace {

constexpr size_t kHeaderAlignment = 64;
// They hold prompts, or what tells them.
constexpr AtomicFileOptions kLogitsFileMode = {.owner_only = true};

template <typename T>
std::string_view AsBytes(const T* data, size_t count) {
  return {reinterpret_cast<const char*>(data), count * sizeof(T)};
}

std::string_view AsBytes(const std::vector<int32_t>& values) {
  return AsBytes(values.data(), values.size());
}

uint64_t LogitsBytes(const LogitsShape& shape) {
  const std::vector<size_t> dims = shape.dimensions();
  return std::accumulate(dims.begin(), dims.end(), sizeof(float), std::multiplies<uint64_t>());
}

// What the logits are of.
struct Inputs {
  std::vector<int32_t> ids;           // [rows, prefill_length]
  std::vector<int32_t> lengths = {};  // [rows]
};

Inputs PaddedInputs(const LogitsShape& shape, const BatchRows& rows) {
  Inputs inputs{.ids = std::vector<int32_t>(shape.rows * shape.prefill_length)};
  for (size_t r = 0; r < shape.rows; ++r) {
    const std::vector<int32_t>& ids = rows.ids[r];
    std::copy(ids.begin(), ids.end(), inputs.ids.begin() + r * shape.prefill_length);
    inputs.lengths.push_back(static_cast<int32_t>(ids.size()));
  }
  return inputs;
}

// The safetensors header: u64 length, JSON padded with spaces so that the data is aligned.
std::string SafetensorsHeader(const LogitsShape& shape) {
  nlohmann::ordered_json json;
  uint64_t begin = 0;
  const auto add = [&](const char* name, const char* dtype, const std::vector<size_t>& dims,
                       uint64_t size_bytes) {
    json[name] = {{"dtype", dtype}, {"shape", dims}, {"data_offsets", {begin, begin + size_bytes}}};
    begin += size_bytes;
  };
  add("logits", "F32", shape.dimensions(), LogitsBytes(shape));
  add("input_ids", "I32", {shape.rows, shape.prefill_length},
      uint64_t{shape.rows} * shape.prefill_length * sizeof(int32_t));
  add("actual_lengths", "I32", {shape.rows}, uint64_t{shape.rows} * sizeof(int32_t));
  std::string text = json.dump();
  text.append((kHeaderAlignment - (8 + text.size()) % kHeaderAlignment) % kHeaderAlignment, ' ');
  const uint64_t size = text.size();
  return std::string(AsBytes(&size, 1)) + text;
}

// FilesBesideLogits(), complete but for their names.
absl::StatusOr<std::vector<AtomicFile>> WriteBeside(const std::string& path,
                                                    const LogitsShape& shape,
                                                    const Inputs& inputs) {
  const std::string arrays[] = {
      StrCat(NpyHeader("<i4", {shape.rows, shape.prefill_length}), AsBytes(inputs.ids)),
      StrCat(NpyHeader("<i4", {shape.rows}), AsBytes(inputs.lengths))};
  const std::vector<std::string> paths = FilesBesideLogits(path);
  std::vector<AtomicFile> files;
  for (size_t i = 0; i < paths.size(); ++i) {
    SOTTO_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(paths[i], kLogitsFileMode));
    SOTTO_RETURN_IF_ERROR(file.Append(arrays[i]));
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

absl::StatusOr<LogitsFormat> LogitsFormatOfPath(std::string_view path) {
  const std::string extension = std::filesystem::path(path).extension();
  if (extension == ".safetensors") return LogitsFormat::kSafetensors;
  if (extension == ".npy") return LogitsFormat::kNpy;
  return absl::InvalidArgumentError("the file name must end in .safetensors or .npy");
}

std::vector<std::string> FilesBesideLogits(std::string_view path) {
  constexpr std::string_view kExtension = ".npy";
  if (!path.ends_with(kExtension)) return {};
  const std::string_view stem = path.substr(0, path.size() - kExtension.size());
  return {StrCat(stem, ".ids", kExtension), StrCat(stem, ".lengths", kExtension)};
}

std::vector<size_t> LogitsShape::dimensions() const {
  if (positions == Positions::kLast) return {rows, vocab_size};
  return {rows, prefill_length, vocab_size};
}

absl::StatusOr<std::unique_ptr<LogitsFile>> LogitsFile::Create(const std::string& path,
                                                               const LogitsShape& shape,
                                                               const BatchRows& rows) {
  SOTTO_ASSIGN_OR_RETURN(const LogitsFormat format, LogitsFormatOfPath(path));
  SOTTO_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path, kLogitsFileMode));
  if (file.direct()) {
    return absl::InvalidArgumentError(
        StrCat(path, ": must be a regular file, because logits are not written in order"));
  }
  const Inputs inputs = PaddedInputs(shape, rows);
  const bool npy = format == LogitsFormat::kNpy;
  const std::string header = npy ? NpyHeader("<f4", shape.dimensions()) : SafetensorsHeader(shape);
  const uint64_t logits_end = header.size() + LogitsBytes(shape);
  SOTTO_RETURN_IF_ERROR(file.Reserve(logits_end));
  SOTTO_RETURN_IF_ERROR(file.WriteAt(0, header));
  std::vector<AtomicFile> beside;
  if (npy) {
    SOTTO_ASSIGN_OR_RETURN(beside, WriteBeside(path, shape, inputs));
  } else {
    const std::string_view ids = AsBytes(inputs.ids);
    SOTTO_RETURN_IF_ERROR(file.WriteAt(logits_end, ids));
    SOTTO_RETURN_IF_ERROR(file.WriteAt(logits_end + ids.size(), AsBytes(inputs.lengths)));
  }
  return std::unique_ptr<LogitsFile>(
      new LogitsFile(std::move(file), std::move(beside), shape, rows, header.size()));
}

LogitsFile::LogitsFile(AtomicFile file, std::vector<AtomicFile> beside, const LogitsShape& shape,
                       const BatchRows& rows, uint64_t logits_begin)
    : file_(std::move(file)),
      beside_(std::move(beside)),
      shape_(shape),
      logits_begin_(logits_begin) {
  for (const std::vector<int32_t>& ids : rows.ids) lengths_.push_back(ids.size());
}

void LogitsFile::Write(size_t row, size_t first_position, ConstMatrixView<float> logits) {
  if (!status().ok()) return;
  const bool last = shape_.positions == Positions::kLast;
  const uint64_t first_row = last ? row : row * shape_.prefill_length + first_position;
  const uint64_t row_bytes = shape_.vocab_size * sizeof(float);
  absl::Status written;
  // Last positions are real ones.
  std::vector<float> masked(shape_.padding_comes && !last ? shape_.vocab_size : 0);
  for (size_t r = 0; r < logits.rows() && written.ok(); ++r) {
    const float* values = logits.row(r);
    if (!masked.empty()) {
      MaskRow(values, masked.size(), LessMask(first_position + r, lengths_[row]), masked.data());
      values = masked.data();
    }
    written = file_.WriteAt(logits_begin_ + (first_row + r) * row_bytes,
                            AsBytes(values, shape_.vocab_size));
  }
  const std::lock_guard lock(mutex_);
  status_.Update(written);
}

absl::Status LogitsFile::status() {
  const std::lock_guard lock(mutex_);
  return status_;
}

absl::Status LogitsFile::Commit() {
  SOTTO_RETURN_IF_ERROR(status());
  for (AtomicFile& file : beside_) SOTTO_RETURN_IF_ERROR(file.Commit());
  return file_.Commit();
}

}  // namespace sotto
