#include "model/checkpoint.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <utility>

#include "base/strings.h"
#include "model/convert.h"
#include "model/model_files.h"
#include "model/printable.h"
#include "model/sha256.h"
#include "model/shard_index.h"
#include "model/tensor_names.h"
#include "model/weight_file.h"

namespace sotto {
namespace {

// Where a tensor was found.
struct Located {
  const WeightFile* file = nullptr;
  const SafetensorsEntry* entry = nullptr;
  std::span<const uint8_t> bytes() const {
    return file->contents->bytes().subspan(entry->begin, entry->end - entry->begin);
  }
};
using LocatedByName = std::map<std::string_view, Located>;

LocatedByName LocateAll(const std::vector<WeightFile>& files) {
  LocatedByName located;
  for (const WeightFile& file : files) {
    for (const SafetensorsEntry& entry : file.entries) located[entry.name] = {&file, &entry};
  }
  return located;
}

std::string ShapeString(const std::vector<size_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += StrCat(i == 0 ? "" : ", ", shape[i]);
  return text + "]";
}

absl::Status MissingTensor(const std::string& directory, const std::string& name) {
  const std::string hint =
      name == kLmHeadName ? ", and tie_word_embeddings of config.json is false" : "";
  return absl::InvalidArgumentError(
      StrCat(directory, ": the checkpoint holds no tensor \"", name, "\"", hint));
}

absl::StatusOr<TensorRef> MakeTensorRef(const Located& found, const NamedShape& needed,
                                        const std::string& directory) {
  const std::string where = StrCat(directory, "/", found.file->name, ": tensor ", needed.name);
  const std::optional<DType> dtype = DTypeFromName(found.entry->dtype);
  if (!dtype) {
    return absl::UnimplementedError(
        StrCat(where, " has dtype ", found.entry->dtype, "; supported are F32, F16 and BF16"));
  }
  if (found.entry->shape != needed.shape) {
    return absl::InvalidArgumentError(StrCat(where, " has shape ", ShapeString(found.entry->shape),
                                             "; config.json makes it ", ShapeString(needed.shape)));
  }
  return TensorRef{needed.name, *dtype, needed.shape, found.bytes()};
}

// Old exports keep this table of RoPE frequencies as if it were a weight; the config decides them.
bool IsIgnored(std::string_view name) { return name.ends_with("rotary_emb.inv_freq"); }

// A tied model saved with a copy of the embedding as its lm_head is fine; another lm_head is not.
absl::Status CheckTiedLmHead(const LocatedByName& located, const std::string& directory) {
  const Located& head = located.at(kLmHeadName);
  const Located& embedding = located.at(kEmbeddingName);
  const auto a = head.bytes(), b = embedding.bytes();
  const bool same = head.entry->dtype == embedding.entry->dtype && a.size() == b.size() &&
                    std::memcmp(a.data(), b.data(), a.size()) == 0;
  head.file->contents->DropPages(a);
  embedding.file->contents->DropPages(b);
  if (same) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat(directory,
             ": tie_word_embeddings of config.json is true, but lm_head.weight differs "
             "from model.embed_tokens.weight"));
}

// Refuses tensors that belong to a Llama model but not to this config: a bias, or one more layer,
// left out in silence would give wrong logits. Names of other families (a value head) are ignored.
absl::Status CheckExtraTensors(const LlamaConfig& config, const LocatedByName& located,
                               const std::vector<TensorRef>& needed, const std::string& directory) {
  for (const auto& [name, found] : located) {
    const auto it = std::lower_bound(needed.begin(), needed.end(), name,
                                     [](const auto& a, std::string_view b) { return a.name < b; });
    if (it != needed.end() && it->name == name) continue;
    if (name == kLmHeadName && config.tie_word_embeddings) {
      SOTTO_RETURN_IF_ERROR(CheckTiedLmHead(located, directory));
    } else if ((name.starts_with("model.") || name.starts_with("lm_head.")) && !IsIgnored(name)) {
      return absl::InvalidArgumentError(StrCat(directory, "/", found.file->name, ": tensor ",
                                               Printable(name),
                                               " has no place in the model of config.json"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TensorRef>> CollectTensors(const LlamaConfig& config,
                                                      const std::vector<WeightFile>& files,
                                                      const std::string& directory) {
  const LocatedByName located = LocateAll(files);
  std::vector<TensorRef> tensors;
  for (const NamedShape& needed : RequiredTensors(config)) {
    const auto it = located.find(needed.name);
    if (it == located.end()) return MissingTensor(directory, needed.name);
    SOTTO_ASSIGN_OR_RETURN(TensorRef tensor, MakeTensorRef(it->second, needed, directory));
    tensors.push_back(std::move(tensor));
  }
  std::sort(tensors.begin(), tensors.end(),
            [](const TensorRef& a, const TensorRef& b) { return a.name < b.name; });
  SOTTO_RETURN_IF_ERROR(CheckExtraTensors(config, located, tensors, directory));
  return tensors;
}

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
  SOTTO_ASSIGN_OR_RETURN(impl->tensors, CollectTensors(impl->config, impl->files, path));
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
