// The bytes of a checkpoint's weights: read by rows, hashed by files, and the same both times.
#ifndef SOTTO_MODEL_WEIGHT_BYTES_H_
#define SOTTO_MODEL_WEIGHT_BYTES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "model/row_tags.h"
#include "model/sha256.h"
#include "model/tensor_ref.h"
#include "model/weight_file.h"

namespace sotto {

// A file may change at any moment. So every row is copied before it is used or hashed, and
// its tag (row_tags.h) is compared with that of the last time: a hash is of the rows that were
// read, before or after, or it is an error. Where files lie in private memory, nothing can change
// and nothing is compared. Thread-safe.
class WeightBytes {
 public:
  // `tensors`: sorted by name, in `files`. `path` begins messages. UNAVAILABLE as
  // RowTags::Create.
  static absl::StatusOr<std::unique_ptr<WeightBytes>> Create(std::string path,
                                                             std::vector<WeightFile> files,
                                                             std::vector<TensorRef> tensors,
                                                             bool keeps_dropped_pages);

  const std::vector<TensorRef>& tensors() const { return tensors_; }

  // Copies rows [begin, begin + out.size() / bytes of a row) of `tensor`. REQUIRES: it has them.
  // DATA_LOSS when a row is not what it was before, or no longer there; FAILED_PRECONDITION when
  // the tensor was dropped and its file does not keep dropped pages.
  absl::Status Read(const TensorRef& tensor, size_t begin, std::span<uint8_t> out) const;
  // Checkpoint::DropPages.
  void Drop(const TensorRef& tensor) const;
  // Checkpoint::WeightsSha256's value, of what Read gives. Errors as Read's.
  absl::StatusOr<std::string> Hash(ThreadPool& pool) const;

 private:
  WeightBytes(std::string path, std::vector<WeightFile> files, std::vector<TensorRef> tensors);

  size_t IndexOf(const TensorRef& tensor) const;
  absl::Status CheckNotDropped(size_t index) const;
  absl::StatusOr<std::string> HashFile(size_t file_index) const;
  absl::Status HashTensor(size_t index, Sha256& hash) const;

  const std::string path_;
  const std::vector<WeightFile> files_;
  const std::vector<TensorRef> tensors_;
  const std::unique_ptr<std::atomic<bool>[]> dropped_;  // Of each tensor.
  std::unique_ptr<RowTags> tags_;                       // Null where files lie in private memory.
};

// Of a [n, columns] tensor; a vector is one row.
size_t TensorRowBytes(const TensorRef& tensor);
size_t TensorRowCount(const TensorRef& tensor);

}  // namespace sotto

#endif  // SOTTO_MODEL_WEIGHT_BYTES_H_
