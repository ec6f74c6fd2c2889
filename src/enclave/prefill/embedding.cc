#include "enclave/prefill/embedding.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/strings.h"
#include "model/convert.h"
#include "model/tensor_names.h"

namespace sotto {
namespace {

constexpr size_t kRowsPerTask = 64;

class EmbeddingTable : public Embedding {
 public:
  explicit EmbeddingTable(const TensorRef& tensor)
      : dtype_(tensor.dtype),
        rows_(tensor.shape[0]),
        row_bytes_(tensor.shape[1] * DTypeSize(tensor.dtype)),
        table_(MakeAlignedArray<uint8_t>(rows_ * row_bytes_)) {}

  // Copies and checks the rows of one task; false when a value is NaN or infinite.
  bool Fill(const TensorRef& tensor, size_t task) {
    const size_t begin = task * kRowsPerTask, end = std::min(rows_, begin + kRowsPerTask);
    std::memcpy(table_.get() + begin * row_bytes_, tensor.data.data() + begin * row_bytes_,
                (end - begin) * row_bytes_);
    std::vector<float> row(tensor.shape[1]);
    bool finite = true;
    for (size_t i = begin; i < end; ++i) finite &= ReadRow(i, row.size(), row.data());
    return finite;
  }

  size_t tasks() const { return (rows_ + kRowsPerTask - 1) / kRowsPerTask; }

  absl::Status Lookup(std::span<const int32_t> ids, MatrixView<float> x,
                      ThreadPool& pool) const override {
    const size_t tasks = (ids.size() + kRowsPerTask - 1) / kRowsPerTask;
    pool.ParallelFor(tasks, [&](size_t task, int) {
      const size_t end = std::min(ids.size(), (task + 1) * kRowsPerTask);
      for (size_t i = task * kRowsPerTask; i < end; ++i) {
        ReadRow(static_cast<size_t>(ids[i]), x.cols(), x.row(i));
      }
    });
    return absl::OkStatus();
  }

 private:
  bool ReadRow(size_t id, size_t n, float* out) const {
    return ConvertToFloat(dtype_, table_.get() + id * row_bytes_, n, out);
  }

  DType dtype_;
  size_t rows_, row_bytes_;
  AlignedArray<uint8_t> table_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Embedding>> MakeEmbedding(const Checkpoint& checkpoint,
                                                         ThreadPool& pool) {
  SOTTO_ASSIGN_OR_RETURN(const TensorRef tensor, checkpoint.Find(kEmbeddingName));
  auto table = std::make_unique<EmbeddingTable>(tensor);
  std::atomic<bool> finite{true};
  pool.ParallelFor(table->tasks(), [&](size_t task, int) {
    if (!table->Fill(tensor, task)) finite = false;
  });
  if (!finite) {
    return absl::DataLossError(StrCat(tensor.name, ": the tensor holds a NaN or an infinity"));
  }
  checkpoint.DropPages(tensor);
  return table;
}

}  // namespace sotto
