#include "enclave/prefill/embedding.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/strings.h"
#include "kernels/oblivious_select.h"
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
        stride_words_((row_bytes_ + kLineBytes - 1) / kLineBytes * (kLineBytes / 4)),
        table_(rows_, stride_words_) {}

  // Copies and checks the rows of one task; false when a value is NaN or infinite.
  bool Fill(const TensorRef& tensor, size_t task) {
    const size_t begin = task * kRowsPerTask, end = std::min(rows_, begin + kRowsPerTask);
    std::vector<float> row(tensor.shape[1]);
    bool finite = true;
    for (size_t i = begin; i < end; ++i) {
      std::memset(table_.view().row(i), 0, stride_words_ * 4);
      std::memcpy(table_.view().row(i), tensor.data.data() + i * row_bytes_, row_bytes_);
      finite &= Convert(table_.view().row(i), row.size(), row.data());
    }
    return finite;
  }

  size_t tasks() const { return (rows_ + kRowsPerTask - 1) / kRowsPerTask; }

  absl::Status Lookup(std::span<const int32_t> ids, MatrixView<float> x,
                      ThreadPool& pool) const override {
    const size_t tasks = (ids.size() + kRowsPerTask - 1) / kRowsPerTask;
    pool.ParallelFor(tasks, [&](size_t task, int) {
      const size_t end = std::min(ids.size(), (task + 1) * kRowsPerTask);
      for (size_t i = task * kRowsPerTask; i < end; ++i) {
        Convert(table_.view().row(static_cast<size_t>(ids[i])), x.cols(), x.row(i));
      }
    });
    return absl::OkStatus();
  }

 protected:
  bool Convert(const uint32_t* row, size_t n, float* out) const {
    return ConvertToFloat(dtype_, reinterpret_cast<const uint8_t*>(row), n, out);
  }
  // Rows in the checkpoint's dtype, as words, padded with zeros to whole cache lines.
  ConstMatrixView<uint32_t> table() const { return table_.view(); }

 private:
  static constexpr size_t kLineBytes = 64;

  DType dtype_;
  size_t rows_, row_bytes_, stride_words_;
  Matrix<uint32_t> table_;
};

class ObliviousTable : public EmbeddingTable {
 public:
  using EmbeddingTable::EmbeddingTable;

  absl::Status Lookup(std::span<const int32_t> ids, MatrixView<float> x,
                      ThreadPool& pool) const override {
    Matrix<uint32_t> selected(ids.size(), table().cols());
    const size_t strips = (table().cols() + kSelectStripWords - 1) / kSelectStripWords;
    pool.ParallelFor(strips, [&](size_t strip, int) {
      const size_t begin = strip * kSelectStripWords;
      const size_t words = std::min(kSelectStripWords, table().cols() - begin);
      ObliviousSelect(ids, table().Cols(begin, words), selected.view().Cols(begin, words));
    });
    const size_t tasks = (ids.size() + kRowsPerTask - 1) / kRowsPerTask;
    pool.ParallelFor(tasks, [&](size_t task, int) {
      const size_t end = std::min(ids.size(), (task + 1) * kRowsPerTask);
      for (size_t i = task * kRowsPerTask; i < end; ++i) {
        Convert(selected.view().row(i), x.cols(), x.row(i));
      }
    });
    return absl::OkStatus();
  }
};

std::unique_ptr<EmbeddingTable> MakeTable(const TensorRef& tensor, EmbeddingAccess access) {
  if (access == EmbeddingAccess::kOblivious) return std::make_unique<ObliviousTable>(tensor);
  return std::make_unique<EmbeddingTable>(tensor);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Embedding>> MakeEmbedding(const Checkpoint& checkpoint,
                                                         ThreadPool& pool, EmbeddingAccess access) {
  SOTTO_ASSIGN_OR_RETURN(const TensorRef tensor, checkpoint.Find(kEmbeddingName));
  std::unique_ptr<EmbeddingTable> table = MakeTable(tensor, access);
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
