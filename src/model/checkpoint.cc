#include "model/checkpoint.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/strings.h"
#include "model/convert.h"
#include "model/model_files.h"
#include "model/printable.h"
#include "model/required_tensors.h"
#include "model/sha256.h"
#include "model/shard_index.h"
#include "model/weight_file.h"

namespace sotto {
namespace {

// The position of a tensor of this checkpoint.
size_t IndexOf(const std::vector<TensorRef>& tensors, const TensorRef& tensor) {
  const auto it = std::lower_bound(tensors.begin(), tensors.end(), tensor.name,
                                   [](const auto& a, const auto& b) { return a.name < b; });
  SOTTO_CHECK(it != tensors.end() && it->data.data() == tensor.data.data());
  return static_cast<size_t>(it - tensors.begin());
}

size_t Columns(const TensorRef& tensor) { return tensor.shape.back(); }
size_t RowCount(const TensorRef& tensor) {
  return tensor.shape.size() == 1 ? 1 : tensor.shape.front();
}

}  // namespace

struct Checkpoint::Impl {
  std::unique_ptr<ModelFiles> model;
  LlamaConfig config;
  std::vector<WeightFile> files;
  std::vector<TensorRef> tensors;  // Sorted by name.
  // Where dropped pages are gone: whether each of `tensors` was dropped.
  std::vector<std::atomic<bool>> dropped;
};

Checkpoint::Checkpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

absl::StatusOr<Checkpoint> Checkpoint::Open(const std::string& model_dir) {
  SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<ModelFiles> model, OpenModelDirectory(model_dir));
  return FromFiles(std::move(model));
}

absl::StatusOr<Checkpoint> Checkpoint::FromFiles(std::unique_ptr<ModelFiles> model) {
  auto impl = std::make_unique<Impl>();
  const std::string& path = model->path();
  SOTTO_ASSIGN_OR_RETURN(const std::string text, model->ReadText(kConfigName, kMaxConfigBytes));
  SOTTO_ASSIGN_OR_RETURN(impl->config, ParseConfig(text, StrCat(path, "/", kConfigName)));
  SOTTO_ASSIGN_OR_RETURN(impl->files, OpenWeightFiles(*model));
  SOTTO_ASSIGN_OR_RETURN(impl->tensors, FindRequiredTensors(impl->config, impl->files, path));
  impl->dropped = std::vector<std::atomic<bool>>(impl->tensors.size());
  impl->model = std::move(model);
  return Checkpoint(std::move(impl));
}

const LlamaConfig& Checkpoint::config() const { return impl_->config; }
const std::string& Checkpoint::directory() const { return impl_->model->path(); }
const std::vector<TensorRef>& Checkpoint::tensors() const { return impl_->tensors; }

absl::StatusOr<TensorRef> Checkpoint::Find(std::string_view name) const {
  const auto it = std::lower_bound(impl_->tensors.begin(), impl_->tensors.end(), name,
                                   [](const auto& a, std::string_view b) { return a.name < b; });
  if (it == impl_->tensors.end() || it->name != name) {
    return absl::NotFoundError(StrCat(directory(), ": no tensor ", Printable(name)));
  }
  return *it;
}

uint64_t Checkpoint::parameter_count() const {
  uint64_t count = 0;
  for (const TensorRef& tensor : impl_->tensors)
    count += tensor.data.size() / DTypeSize(tensor.dtype);
  return count;
}

absl::StatusOr<std::string> Checkpoint::WeightsSha256(ThreadPool& pool) const {
  if (const auto known = impl_->model->weights_sha256()) return *known;
  const std::vector<WeightFile>& files = impl_->files;
  std::vector<std::string> hashes(files.size());
  pool.ParallelFor(files.size(),
                   [&](size_t i, int) { hashes[i] = Sha256HexOfFile(*files[i].contents); });
  if (files.size() == 1 && files[0].name == kSingleWeightsName) return hashes[0];
  std::string listing;
  for (size_t i = 0; i < files.size(); ++i) listing += StrCat(files[i].name, ":", hashes[i], "\n");
  return Sha256Hex(listing);
}

absl::Status Checkpoint::ReadRows(const TensorRef& tensor, size_t begin,
                                  MatrixView<float> out) const {
  const size_t columns = Columns(tensor), row_bytes = columns * DTypeSize(tensor.dtype);
  SOTTO_CHECK(out.cols() == columns);
  SOTTO_CHECK(begin <= RowCount(tensor) && out.rows() <= RowCount(tensor) - begin);
  if (!impl_->model->keeps_dropped_pages() && impl_->dropped[IndexOf(impl_->tensors, tensor)]) {
    return absl::FailedPreconditionError(
        StrCat(directory(), ": tensor ", tensor.name, " was given back and cannot be read again"));
  }
  for (size_t i = 0; i < out.rows(); ++i) {
    const uint8_t* source = tensor.data.data() + (begin + i) * row_bytes;
    if (ConvertToFloat(tensor.dtype, source, columns, out.row(i))) continue;
    return absl::DataLossError(StrCat(directory(), ": tensor ", tensor.name,
                                      " holds a NaN or infinite weight in row ", begin + i));
  }
  return absl::OkStatus();
}

void Checkpoint::DropPages(const TensorRef& tensor) const {
  impl_->dropped[IndexOf(impl_->tensors, tensor)] = true;
  for (const WeightFile& file : impl_->files) {
    const std::span<const uint8_t> all = file.contents->bytes();
    if (tensor.data.data() < all.data() || tensor.data.data() >= all.data() + all.size()) continue;
    file.contents->DropPages(tensor.data);
  }
}

absl::StatusOr<std::string> Checkpoint::ReadText(const std::string& name,
                                                 size_t limit_bytes) const {
  return impl_->model->ReadText(name, limit_bytes);
}
bool Checkpoint::HasFile(const std::string& name) const { return impl_->model->Has(name); }

}  // namespace sotto
