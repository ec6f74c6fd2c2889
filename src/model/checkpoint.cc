#include "model/checkpoint.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "model/convert.h"
#include "model/foreign_files.h"
#include "model/printable.h"
#include "model/required_tensors.h"
#include "model/sha256.h"
#include "model/tensor_names.h"
#include "model/weight_bytes.h"
#include "model/weight_file.h"

namespace sotto {
namespace {

// Rows copied at once: they stay in a core's cache until they are converted.
constexpr size_t kReadBytes = size_t{256} << 10;

// `pin`: of ModelPins.
struct Digest {
  const std::string& found;
  const std::string& pinned;
};

absl::Status Unpinned(std::string_view field, const std::string& path, std::string_view what,
                      const Digest& digest) {
  return absl::FailedPreconditionError(StrCat(field, ": ", path, ": ", what, " SHA-256 ",
                                              digest.found, ", not the pinned ", digest.pinned));
}

}  // namespace

struct Checkpoint::Impl {
  std::unique_ptr<ModelFiles> model;
  ModelSpec config;
  std::string config_sha256;
  std::unique_ptr<WeightBytes> weights;

  std::mutex mutex;  // Of what is found out when it is first asked for:
  bool tokenizer_read = false;
  std::optional<std::string> tokenizer;
  std::optional<std::string> weights_sha256;
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
  SOTTO_RETURN_IF_ERROR(CheckHasConfig(*model));
  SOTTO_ASSIGN_OR_RETURN(const std::string text, model->ReadText(kConfigName, kMaxConfigBytes));
  impl->config_sha256 = Sha256Hex(text);
  SOTTO_ASSIGN_OR_RETURN(impl->config, ParseConfig(text, StrCat(path, "/", kConfigName)));
  SOTTO_ASSIGN_OR_RETURN(std::vector<WeightFile> files, OpenWeightFiles(*model));
  if (std::string text = AdapterWarning(*model); !text.empty()) {
    impl->config.warnings.push_back(std::move(text));
  }
  SOTTO_ASSIGN_OR_RETURN(std::vector<TensorRef> tensors,
                         FindRequiredTensors(impl->config, files, path));
  SOTTO_ASSIGN_OR_RETURN(impl->weights,
                         WeightBytes::Create(path, std::move(files), std::move(tensors),
                                             model->keeps_dropped_pages()));
  impl->model = std::move(model);
  Checkpoint checkpoint(std::move(impl));
  if (checkpoint.config().tie_word_embeddings && checkpoint.Find(kLmHeadName).ok()) {
    SOTTO_RETURN_IF_ERROR(checkpoint.UntieUnlessEqual());
  }
  return checkpoint;
}

// What transformers does. The rows that are compared here are those that are used, or hashed, later
// (weight_bytes.h): whoever changes them in between changes no result that is pinned.
absl::Status Checkpoint::UntieUnlessEqual() {
  SOTTO_ASSIGN_OR_RETURN(const TensorRef embedding, Find(kEmbeddingName));
  SOTTO_ASSIGN_OR_RETURN(const TensorRef head, Find(kLmHeadName));
  SOTTO_ASSIGN_OR_RETURN(const bool equal, SameValues(embedding, head));
  if (equal) return absl::OkStatus();
  impl_->config.tie_word_embeddings = false;
  impl_->config.warnings.push_back(
      "tie_word_embeddings is true, but lm_head.weight differs from model.embed_tokens.weight; "
      "both are used, as in transformers");
  return absl::OkStatus();
}

absl::StatusOr<bool> Checkpoint::SameValues(const TensorRef& a, const TensorRef& b) const {
  const size_t columns = a.shape.back(), rows = TensorRowCount(a);
  const size_t step = std::max<size_t>(1, kReadBytes / (columns * sizeof(float)));
  Matrix<float> of_a(step, columns), of_b(step, columns);
  for (size_t row = 0; row < rows; row += step) {
    const size_t count = std::min(step, rows - row);
    SOTTO_RETURN_IF_ERROR(ReadRows(a, row, of_a.view().Rows(0, count)));
    SOTTO_RETURN_IF_ERROR(ReadRows(b, row, of_b.view().Rows(0, count)));
    const float* const values = of_a.view().data();
    if (!std::equal(values, values + count * columns, of_b.view().data())) return false;
  }
  return true;
}

const ModelSpec& Checkpoint::config() const { return impl_->config; }
const std::string& Checkpoint::directory() const { return impl_->model->path(); }
const std::vector<TensorRef>& Checkpoint::tensors() const { return impl_->weights->tensors(); }

absl::StatusOr<const std::string*> Checkpoint::TokenizerJson() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  if (!impl_->tokenizer_read && impl_->model->Has(kTokenizerName)) {
    SOTTO_ASSIGN_OR_RETURN(impl_->tokenizer,
                           impl_->model->ReadText(kTokenizerName, kMaxTokenizerBytes));
  }
  impl_->tokenizer_read = true;
  return impl_->tokenizer.has_value() ? &*impl_->tokenizer : nullptr;
}

absl::StatusOr<TensorRef> Checkpoint::Find(std::string_view name) const {
  const std::vector<TensorRef>& all = tensors();
  const auto it = std::lower_bound(all.begin(), all.end(), name,
                                   [](const auto& a, std::string_view b) { return a.name < b; });
  if (it == all.end() || it->name != name) {
    return absl::NotFoundError(StrCat(directory(), ": no tensor ", Printable(name)));
  }
  return *it;
}

uint64_t Checkpoint::private_bytes() const {
  if (impl_->model->keeps_dropped_pages()) return 0;
  uint64_t bytes = 0;
  for (const TensorRef& tensor : tensors()) bytes += tensor.size_bytes;
  return bytes;
}

uint64_t Checkpoint::parameter_count() const {
  uint64_t count = 0;
  for (const TensorRef& tensor : tensors()) {
    if (config().tie_word_embeddings && tensor.name == kLmHeadName) continue;
    count += tensor.size_bytes / DTypeSize(tensor.dtype);
  }
  return count;
}

absl::StatusOr<std::string> Checkpoint::WeightsSha256(ThreadPool& pool) const {
  const std::optional<std::string> claimed = impl_->model->claimed_weights_sha256();
  if (claimed && impl_->model->root_is_pinned()) return *claimed;
  return HashWeights(pool);
}

absl::StatusOr<std::string> Checkpoint::HashWeights(ThreadPool& pool) const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  if (!impl_->weights_sha256) {
    SOTTO_ASSIGN_OR_RETURN(impl_->weights_sha256, impl_->weights->Hash(pool));
  }
  const std::optional<std::string> claimed = impl_->model->claimed_weights_sha256();
  if (!claimed || *claimed == *impl_->weights_sha256) return *impl_->weights_sha256;
  return absl::DataLossError(StrCat(directory(), ": claims weights of SHA-256 ",
                                    Printable(*claimed), ", but holds others, of ",
                                    *impl_->weights_sha256));
}

absl::StatusOr<ModelDigests> Checkpoint::Digests(ThreadPool& pool) const {
  ModelDigests digests;
  digests.config_sha256 = impl_->config_sha256;
  SOTTO_ASSIGN_OR_RETURN(const std::string* tokenizer, TokenizerJson());
  if (tokenizer != nullptr) digests.tokenizer_sha256 = Sha256Hex(*tokenizer);
  SOTTO_ASSIGN_OR_RETURN(digests.weights_sha256, WeightsSha256(pool));
  return digests;
}

absl::Status Checkpoint::CheckPins(const ModelPins& pins, ThreadPool& pool) const {
  if (!pins.any()) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const std::string weights, HashWeights(pool));
  if (!pins.weights_sha256.empty() && pins.weights_sha256 != weights) {
    return Unpinned("weights_sha256", directory(), "the weights have",
                    {weights, pins.weights_sha256});
  }
  if (pins.model_sha256.empty()) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const ModelDigests digests, Digests(pool));
  const std::string model = digests.model_sha256();
  if (pins.model_sha256 == model) return absl::OkStatus();
  return Unpinned("model_sha256", directory(), "the model has", {model, pins.model_sha256});
}

absl::Status Checkpoint::ReadStoredRows(const TensorRef& tensor, size_t begin,
                                        std::span<uint8_t> out) const {
  return impl_->weights->Read(tensor, begin, out);
}

absl::Status Checkpoint::ReadRows(const TensorRef& tensor, size_t begin,
                                  MatrixView<float> out) const {
  const size_t row_bytes = TensorRowBytes(tensor), columns = tensor.shape.back();
  SOTTO_CHECK(out.cols() == columns);
  const size_t step = std::max<size_t>(1, kReadBytes / row_bytes);
  std::vector<uint8_t> stored(std::min(step, out.rows()) * row_bytes);
  for (size_t first = 0; first < out.rows(); first += step) {
    const size_t count = std::min(step, out.rows() - first);
    SOTTO_RETURN_IF_ERROR(
        ReadStoredRows(tensor, begin + first, std::span(stored).first(count * row_bytes)));
    for (size_t i = 0; i < count; ++i) {
      if (ConvertToFloat(tensor.dtype, &stored[i * row_bytes], columns, out.row(first + i))) {
        continue;
      }
      return absl::DataLossError(StrCat(directory(), ": tensor ", tensor.name,
                                        " holds a NaN or infinite weight in row ",
                                        begin + first + i));
    }
  }
  return absl::OkStatus();
}

void Checkpoint::DropPages(const TensorRef& tensor) const { impl_->weights->Drop(tensor); }

}  // namespace sotto
