#include "trusted/engine/embedding.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/memory.h"
#include "base/strings.h"
#include "kernels/oblivious_select.h"
#include "model/convert.h"
#include "model/tensor_names.h"

namespace sotto {
namespace {

constexpr size_t kRowsPerTask = kSelectRows;

size_t DivideUp(size_t n, size_t unit) { return (n + unit - 1) / unit; }

// Rows in the checkpoint's dtype, as 2-byte words.
class EmbeddingTable : public Embedding {
 public:
  explicit EmbeddingTable(const TensorRef& tensor)
      : dtype_(tensor.dtype),
        rows_(tensor.shape[0]),
        words_(tensor.shape[1] * DTypeSize(tensor.dtype) / sizeof(uint16_t)) {}

  // Before the first Fill(). RESOURCE_EXHAUSTED.
  virtual absl::Status Allocate() = 0;

  // Stores and checks the rows of one task. Errors as Checkpoint::ReadRows.
  absl::Status Fill(const Checkpoint& checkpoint, const TensorRef& tensor, size_t task) {
    const size_t begin = task * kRowsPerTask;
    Matrix<uint16_t> rows(std::min(kRowsPerTask, rows_ - begin), words_);
    const std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(rows.view().data()),
                                   rows.view().size() * sizeof(uint16_t));
    SOTTO_RETURN_IF_ERROR(checkpoint.ReadStoredRows(tensor, begin, bytes));
    Store(task, rows.view());
    std::vector<float> values(tensor.shape[1]);
    for (size_t i = 0; i < rows.view().rows(); ++i) {
      if (Convert(rows.view().row(i), values.size(), values.data())) continue;
      return absl::DataLossError(StrCat(tensor.name, ": the tensor holds a NaN or an infinity"));
    }
    return absl::OkStatus();
  }

  size_t tasks() const { return DivideUp(rows_, kRowsPerTask); }

 protected:
  virtual void Store(size_t task, ConstMatrixView<uint16_t> rows) = 0;

  bool Convert(const uint16_t* row, size_t n, float* out) const {
    return ConvertToFloat(dtype_, reinterpret_cast<const uint8_t*>(row), n, out);
  }
  absl::Status AllocateTable(size_t table_rows, size_t table_columns) {
    SOTTO_ASSIGN_OR_RETURN(memory_, AllocateAligned<uint16_t>(table_rows * table_columns));
    table_ = {memory_.get(), table_rows, table_columns};
    return absl::OkStatus();
  }
  size_t rows() const { return rows_; }
  size_t words() const { return words_; }
  MatrixView<uint16_t> table() const { return table_; }

 private:
  DType dtype_;
  size_t rows_, words_;
  AlignedArray<uint16_t> memory_;
  MatrixView<uint16_t> table_;
};

class DirectTable final : public EmbeddingTable {
 public:
  using EmbeddingTable::EmbeddingTable;

  absl::Status Allocate() override { return AllocateTable(rows(), words()); }

  absl::Status Lookup(std::span<const int32_t> ids, MatrixView<float> x,
                      ThreadPool& pool) const override {
    pool.ParallelFor(DivideUp(ids.size(), kRowsPerTask), [&](size_t task, int) {
      const size_t end = std::min(ids.size(), (task + 1) * kRowsPerTask);
      for (size_t i = task * kRowsPerTask; i < end; ++i) {
        Convert(table().row(static_cast<size_t>(ids[i])), x.cols(), x.row(i));
      }
    });
    return absl::OkStatus();
  }

 private:
  void Store(size_t task, ConstMatrixView<uint16_t> rows) override {
    std::memcpy(table().row(task * kRowsPerTask), rows.data(), rows.size() * sizeof(uint16_t));
  }
};

class ObliviousTable final : public EmbeddingTable {
 public:
  explicit ObliviousTable(const TensorRef& tensor)
      : EmbeddingTable(tensor), panels_(DivideUp(words(), kSelectPanelWords)) {}

  absl::Status Allocate() override {
    return AllocateTable(panels_ * tasks(), kSelectPanelWords * kSelectRows);
  }

  absl::Status Lookup(std::span<const int32_t> ids, MatrixView<float> x,
                      ThreadPool& pool) const override {
    // One row a word, one column an id.
    Matrix<uint16_t> chosen(panels_ * kSelectPanelWords, ids.size());
    pool.ParallelFor(panels_, [&](size_t panel, int) {
      ObliviousSelect(ids, table().Rows(panel * tasks(), tasks()),
                      chosen.view().Rows(panel * kSelectPanelWords, kSelectPanelWords));
    });
    pool.ParallelFor(DivideUp(ids.size(), kRowsPerTask), [&](size_t task, int) {
      const size_t begin = task * kRowsPerTask, count = std::min(kRowsPerTask, ids.size() - begin);
      ConvertColumns(chosen.view().Cols(begin, count), x.Rows(begin, count));
    });
    return absl::OkStatus();
  }

 private:
  void Store(size_t task, ConstMatrixView<uint16_t> rows) override {
    PackSelectBlock(rows, task, tasks(), table());
  }

  // x row i = column i of `chosen`.
  void ConvertColumns(ConstMatrixView<uint16_t> chosen, MatrixView<float> x) const {
    Matrix<uint16_t> rows(x.rows(), words());
    for (size_t w = 0; w < words(); ++w) {
      for (size_t i = 0; i < x.rows(); ++i) rows.view()(i, w) = chosen(w, i);
    }
    for (size_t i = 0; i < x.rows(); ++i) Convert(rows.view().row(i), x.cols(), x.row(i));
  }

  size_t panels_;  // kernels/oblivious_select.h tells the table's layout.
};

std::unique_ptr<EmbeddingTable> MakeTable(const TensorRef& tensor, EmbeddingAccess access) {
  if (access == EmbeddingAccess::kOblivious) return std::make_unique<ObliviousTable>(tensor);
  return std::make_unique<DirectTable>(tensor);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Embedding>> MakeEmbedding(const Checkpoint& checkpoint,
                                                         ThreadPool& pool, EmbeddingAccess access) {
  SOTTO_ASSIGN_OR_RETURN(const TensorRef tensor, checkpoint.Find(kEmbeddingName));
  if (access == EmbeddingAccess::kOblivious && tensor.shape[0] > kMaxSelectRows) {
    return absl::UnimplementedError(StrCat("oblivious lookups take at most ", kMaxSelectRows,
                                           " rows; ", tensor.name, " has ", tensor.shape[0]));
  }
  std::unique_ptr<EmbeddingTable> table = MakeTable(tensor, access);
  SOTTO_RETURN_IF_ERROR(table->Allocate());
  std::mutex mutex;
  absl::Status status;
  pool.ParallelFor(table->tasks(), [&](size_t task, int) {
    absl::Status filled = table->Fill(checkpoint, tensor, task);
    if (filled.ok()) return;
    const std::lock_guard<std::mutex> lock(mutex);
    status.Update(std::move(filled));
  });
  SOTTO_RETURN_IF_ERROR(status);
  checkpoint.DropPages(tensor);
  return table;
}

}  // namespace sotto
