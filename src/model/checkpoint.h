// A Hugging Face checkpoint directory: config.json and model.safetensors, or shards with
// model.safetensors.index.json. Headers are checked whole before any tensor is handed out.
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
#include "model/model_digest.h"
#include "model/model_files.h"
#include "model/tensor_ref.h"

namespace sotto {

inline constexpr char kTokenizerName[] = "tokenizer.json";
// No tokenizer.json is longer, as trusted/tokenizer/tokenizer.h has it.
inline constexpr size_t kMaxTokenizerBytes = size_t{1} << 26;

class Checkpoint {
 public:
  // Opens and checks: headers, shapes against the config, every needed tensor present, dtypes
  // supported. A tied lm_head that differs from the embedding is not tied, with a warning in
  // config(). Errors as config.h, weight_file.h and required_tensors.h, and DATA_LOSS for damaged
  // safetensors (naming file and offset).
  static absl::StatusOr<Checkpoint> Open(const std::string& model_dir);
  // The same for files from elsewhere (sealed_model.h).
  static absl::StatusOr<Checkpoint> FromFiles(std::unique_ptr<ModelFiles> files);
  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;
  ~Checkpoint();

  const ModelSpec& config() const;
  // What was opened: the directory, or the sealed file.
  const std::string& directory() const;
  // The text of tokenizer.json, read once: who parses it parses what Digests() hashed. Null where
  // the model has none. Errors as model_files.h. Thread-safe; lives as long as the checkpoint.
  absl::StatusOr<const std::string*> TokenizerJson() const;
  // The tensors the model needs, by name, and a tied lm_head where the files hold one; what else
  // they hold is not listed.
  const std::vector<TensorRef>& tensors() const;
  // NOT_FOUND, naming the tensor.
  absl::StatusOr<TensorRef> Find(std::string_view name) const;
  // Bytes of the model that lie in private memory: those of a sealed model, dropped ones included.
  uint64_t private_bytes() const;
  // Elements over all tensors, a tied lm_head counted once.
  uint64_t parameter_count() const;
  // SHA-256 (64 hex digits): of the bytes of model.safetensors, or, when sharded, of the
  // concatenation "NAME:hexsha256\n" over the shard file names in byte order. Of the very bytes
  // that ReadRows gives, whichever comes first: DATA_LOSS when a file was changed in between.
  // Hashed at most once; not at all where a pinned root vouches for the digest in a sealed model.
  // Of a sealed model without one, it must be asked for before anything is dropped. Thread-safe.
  absl::StatusOr<std::string> WeightsSha256(ThreadPool& pool) const;
  // The same, hashed whatever vouches for it. DATA_LOSS when a sealed model claims another.
  absl::StatusOr<std::string> HashWeights(ThreadPool& pool) const;
  // With the digests of config.json and tokenizer.json. Errors as WeightsSha256 and TokenizerJson.
  absl::StatusOr<ModelDigests> Digests(ThreadPool& pool) const;
  // FAILED_PRECONDITION, with both digests, unless the model is the one that `pins` name. What pins
  // name is hashed, whatever vouches for it.
  absl::Status CheckPins(const ModelPins& pins, ThreadPool& pool) const;

  // Rows [begin, begin + out.rows()) of a [n, cols] tensor (a vector counts as [1, n]), as f32.
  // REQUIRES: out.cols() is the tensor's, and the rows are. Thread-safe.
  // DATA_LOSS naming the tensor when a value is NaN or infinite, or when its file was changed since
  // the rows were read or hashed before; naming the file when it was cut short. FAILED_PRECONDITION
  // for a tensor of a sealed model that was dropped.
  absl::Status ReadRows(const TensorRef& tensor, size_t begin, MatrixView<float> out) const;
  // The same rows as they are stored: out.size() is a whole number of rows.
  absl::Status ReadStoredRows(const TensorRef& tensor, size_t begin, std::span<uint8_t> out) const;
  // The tensor will not be read again: its memory is given back. (From a directory it can be read
  // again nevertheless, slowly; from a sealed model it cannot.) Thread-safe.
  void DropPages(const TensorRef& tensor) const;

 private:
  absl::Status UntieUnlessEqual();
  // Of two tensors of one shape.
  absl::StatusOr<bool> SameValues(const TensorRef& a, const TensorRef& b) const;

  struct Impl;
  explicit Checkpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto

#endif  // SOTTO_MODEL_CHECKPOINT_H_
