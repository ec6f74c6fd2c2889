#include "model/weight_bytes.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/strings.h"
#include "model/shard_index.h"

namespace sotto {
namespace {

// Hashed at once: small enough to stay in a core's cache between copy, tag and hash.
constexpr size_t kStepBytes = size_t{256} << 10;

// Gaps and tensors that the model does not need.
absl::Status HashUnused(const FileBytes& file, uint64_t begin, uint64_t end, Sha256& hash) {
  std::vector<uint8_t> copy;
  for (uint64_t at = begin; at < end; at += copy.size()) {
    copy.resize(std::min<uint64_t>(kStepBytes, end - at));
    SOTTO_RETURN_IF_ERROR(file.Read(at, copy));
    hash.Update(copy);
  }
  return absl::OkStatus();
}

}  // namespace

size_t TensorRowBytes(const TensorRef& tensor) {
  return tensor.shape.back() * DTypeSize(tensor.dtype);
}

size_t TensorRowCount(const TensorRef& tensor) {
  return tensor.shape.size() == 1 ? 1 : tensor.shape.front();
}

WeightBytes::WeightBytes(std::string path, std::vector<WeightFile> files,
                         std::vector<TensorRef> tensors)
    : path_(std::move(path)),
      files_(std::move(files)),
      tensors_(std::move(tensors)),
      dropped_(std::make_unique<std::atomic<bool>[]>(tensors_.size())) {}

absl::StatusOr<std::unique_ptr<WeightBytes>> WeightBytes::Create(std::string path,
                                                                 std::vector<WeightFile> files,
                                                                 std::vector<TensorRef> tensors,
                                                                 bool keeps_dropped_pages) {
  std::unique_ptr<WeightBytes> bytes(
      new WeightBytes(std::move(path), std::move(files), std::move(tensors)));
  if (!keeps_dropped_pages) return bytes;
  std::vector<size_t> rows;
  for (const TensorRef& tensor : bytes->tensors_) rows.push_back(TensorRowCount(tensor));
  SOTTO_ASSIGN_OR_RETURN(bytes->tags_, RowTags::Create(rows));
  return bytes;
}

size_t WeightBytes::IndexOf(const TensorRef& tensor) const {
  const auto it = std::lower_bound(tensors_.begin(), tensors_.end(), tensor.name,
                                   [](const auto& a, const auto& b) { return a.name < b; });
  SOTTO_CHECK(it != tensors_.end() && it->file == tensor.file && it->begin == tensor.begin);
  return static_cast<size_t>(it - tensors_.begin());
}

absl::Status WeightBytes::CheckNotDropped(size_t index) const {
  if (tags_ != nullptr || !dropped_[index]) return absl::OkStatus();
  return absl::FailedPreconditionError(
      StrCat(path_, ": tensor ", tensors_[index].name, " was given back and cannot be read again"));
}

absl::Status WeightBytes::Read(const TensorRef& tensor, size_t begin,
                               std::span<uint8_t> out) const {
  const size_t row_bytes = TensorRowBytes(tensor), index = IndexOf(tensor);
  SOTTO_CHECK(begin <= TensorRowCount(tensor) && out.size() % row_bytes == 0);
  SOTTO_CHECK(out.size() / row_bytes <= TensorRowCount(tensor) - begin);
  SOTTO_RETURN_IF_ERROR(CheckNotDropped(index));
  SOTTO_RETURN_IF_ERROR(files_[tensor.file].contents->Read(tensor.begin + begin * row_bytes, out));
  if (tags_ == nullptr || tags_->Same(index, begin, out, row_bytes)) return absl::OkStatus();
  return absl::DataLossError(
      StrCat(path_, ": tensor ", tensor.name, " was changed while it was in use"));
}

void WeightBytes::Drop(const TensorRef& tensor) const {
  dropped_[IndexOf(tensor)] = true;
  files_[tensor.file].contents->Drop(tensor.begin, tensor.size_bytes);
}

absl::Status WeightBytes::HashTensor(size_t index, Sha256& hash) const {
  const TensorRef& tensor = tensors_[index];
  const size_t row_bytes = TensorRowBytes(tensor), rows = TensorRowCount(tensor);
  const size_t step = std::max<size_t>(1, kStepBytes / row_bytes);
  std::vector<uint8_t> copy;
  for (size_t row = 0; row < rows; row += step) {
    copy.resize(std::min(step, rows - row) * row_bytes);
    SOTTO_RETURN_IF_ERROR(Read(tensor, row, copy));
    hash.Update(copy);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> WeightBytes::HashFile(size_t file_index) const {
  const WeightFile& file = files_[file_index];
  std::vector<size_t> order;  // Of this file's tensors.
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (tensors_[i].file == file_index) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return tensors_[a].begin < tensors_[b].begin; });
  Sha256 hash;
  hash.Update(file.header);
  uint64_t at = file.header.size();
  for (const size_t index : order) {
    SOTTO_RETURN_IF_ERROR(HashUnused(*file.contents, at, tensors_[index].begin, hash));
    SOTTO_RETURN_IF_ERROR(HashTensor(index, hash));
    at = tensors_[index].begin + tensors_[index].size_bytes;
  }
  SOTTO_RETURN_IF_ERROR(HashUnused(*file.contents, at, file.contents->size(), hash));
  return hash.FinishHex();
}

absl::StatusOr<std::string> WeightBytes::Hash(ThreadPool& pool) const {
  std::vector<absl::StatusOr<std::string>> hashes(files_.size());
  pool.ParallelFor(files_.size(), [&](size_t i, int) { hashes[i] = HashFile(i); });
  for (const auto& hash : hashes) SOTTO_RETURN_IF_ERROR(hash.status());
  if (files_.size() == 1 && files_[0].name == kSingleWeightsName) return hashes[0];
  std::string listing;
  for (size_t i = 0; i < files_.size(); ++i) {
    listing += StrCat(files_[i].name, ":", *hashes[i], "\n");
  }
  return Sha256Hex(listing);
}

}  // namespace sotto
