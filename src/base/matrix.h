// Non-owning row-major matrix views and an owning, 64-byte aligned matrix.
#ifndef SOTTO_BASE_MATRIX_H_
#define SOTTO_BASE_MATRIX_H_

#include <cstddef>
#include <memory>
#include <type_traits>

#include "base/check.h"

namespace sotto {

// A view of [rows, cols] elements; row i starts at data + i * stride (stride >= cols, in elements).
// Copying a view copies no element. The memory belongs to somebody else and must outlive the view.
template <typename T>
class MatrixView {
 public:
  MatrixView() = default;
  MatrixView(T* data, size_t rows, size_t cols) : MatrixView(data, rows, cols, cols) {}
  MatrixView(T* data, size_t rows, size_t cols, size_t stride)
      : data_(data), rows_(rows), cols_(cols), stride_(stride) {}

  // MatrixView<T> converts to MatrixView<const T>.
  operator MatrixView<const T>() const requires(!std::is_const_v<T>) {
    return {data_, rows_, cols_, stride_};
  }

  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  size_t stride() const { return stride_; }
  size_t size() const { return rows_ * cols_; }
  T* data() const { return data_; }
  T* row(size_t i) const { return data_ + i * stride_; }
  T& operator()(size_t i, size_t j) const { return data_[i * stride_ + j]; }

  // Rows [begin, begin + count).
  MatrixView Rows(size_t begin, size_t count) const {
    SOTTO_CHECK(begin + count <= rows_);
    return {data_ + begin * stride_, count, cols_, stride_};
  }
  // Columns [begin, begin + count).
  MatrixView Cols(size_t begin, size_t count) const {
    SOTTO_CHECK(begin + count <= cols_);
    return {data_ + begin, rows_, count, stride_};
  }

 private:
  T* data_ = nullptr;
  size_t rows_ = 0, cols_ = 0, stride_ = 0;
};

template <typename T>
using ConstMatrixView = MatrixView<const T>;

// Allocates `size_bytes` aligned to 64 bytes (2 MiB, and advised as huge pages, from 4 MiB up).
// Without memory, as operator new: the new-handler, or std::bad_alloc. What is planned: memory.h.
void* AlignedAlloc(size_t size_bytes);
void AlignedFree(void* p);

struct AlignedDeleter {
  void operator()(void* p) const { AlignedFree(p); }
};

// `count` elements, 64-byte aligned, not initialised. T must be trivial.
template <typename T>
requires std::is_trivial_v<T>
using AlignedArray = std::unique_ptr<T[], AlignedDeleter>;
template <typename T>
AlignedArray<T> MakeAlignedArray(size_t count) {
  return AlignedArray<T>(static_cast<T*>(AlignedAlloc(count * sizeof(T))));
}

// An owning [rows, cols] matrix, not initialised.
template <typename T>
class Matrix {
 public:
  Matrix() = default;
  Matrix(size_t rows, size_t cols)
      : data_(MakeAlignedArray<T>(rows * cols)), rows_(rows), cols_(cols) {}

  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  MatrixView<T> view() { return {data_.get(), rows_, cols_}; }
  ConstMatrixView<T> view() const { return {data_.get(), rows_, cols_}; }

 private:
  AlignedArray<T> data_;
  size_t rows_ = 0, cols_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_BASE_MATRIX_H_
