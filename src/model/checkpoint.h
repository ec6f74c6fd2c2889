// A Hugging Face checkpoint directory: config.json and model.safetensors, or shards with
// model.safetensors.index.json. Files are mapped, checked whole before any tensor is handed out.
#ifndef SOTTO_MODEL_CHECKPOINT_H_
#define SOTTO_MODEL_CHECKPOINT_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/matrix.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "model/config.h"
#include "model/dtype.h"
#include "model/model_files.h"
#include "model/tensor_ref.h"

namespace sotto {

class Checkpoint {
 public:
  // Opens and checks: headers, shapes against the config, every needed tensor present, dtypes
  // supported. Errors as config.h, and DATA_LOSS for damaged safetensors (naming file and offset).
  static absl::StatusOr<Checkpoint> Open(const std::string& model_dir);
  // The same for files from elsewhere (sealed_model.h).
  static absl::StatusOr<Checkpoint> FromFiles(std::unique_ptr<ModelFiles> files);
  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;
  ~Checkpoint();

  const LlamaConfig& config() const;
  // What was opened: the directory, or the sealed file.
  const std::string& directory() const;
  // Another file of the model, e.g. tokenizer.json, whole. Errors as model_files.h.
  bool HasFile(const std::string& name) const;
  absl::StatusOr<std::string> ReadText(const std::string& name, size_t limit_bytes) const;
  // The tensors the model needs, by name; what else the files hold is not listed.
  const std::vector<TensorRef>& tensors() const;
  // NOT_FOUND, naming the tensor.
  absl::StatusOr<TensorRef> Find(std::string_view name) const;
  // Elements over all tensors, a tied lm_head counted once.
  uint64_t parameter_count() const;
  // SHA-256 (64 hex digits): of the bytes of model.safetensors, or, when sharded, of the
  // concatenation "NAME:hexsha256\n" over the shard file names in byte order.
  absl::StatusOr<std::string> WeightsSha256(ThreadPool& pool) const;

  // Rows [begin, begin + out.rows()) of a [n, cols] tensor (a vector counts as [1, n]), as f32.
  // REQUIRES: out.cols() is the tensor's, and the rows are. Thread-safe.
  // DATA_LOSS naming the tensor when a value is NaN or infinite. FAILED_PRECONDITION for a tensor
  // of a sealed model that was dropped.
  absl::Status ReadRows(const TensorRef& tensor, size_t begin, MatrixView<float> out) const;
  // The tensor will not be read again: its memory is given back. (From a directory it can be read
  // again nevertheless, slowly; from a sealed model it cannot.) Thread-safe.
  void DropPages(const TensorRef& tensor) const;

 private:
  struct Impl;
  explicit Checkpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto

#endif  // SOTTO_MODEL_CHECKPOINT_H_
