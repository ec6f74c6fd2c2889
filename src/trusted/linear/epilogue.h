// From products to the layer's output, while the products are in a cache: scale, bias, and what the
// tail asks for. Local tiles (local_product.cc) and rows that came from accelerators
// (split/reveal_row.cc) are finished by the same code, so that they agree to the bit.
#ifndef SOTTO_TRUSTED_LINEAR_EPILOGUE_H_
#define SOTTO_TRUSTED_LINEAR_EPILOGUE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/elementwise.h"
#include "kernels/fixed_point.h"
#include "kernels/int8_scale.h"
#include "sotto/precision.h"
#include "trusted/linear/column_order.h"
#include "trusted/linear/linear.h"
#include "trusted/linear/packed_layer.h"

namespace sotto {

// Some columns of one row of products.
struct ProductRow {
  // [columns] f32, or s32 for the quantised precisions. Becomes the f32 row W x + b, in place,
  // where the output is not what is scaled.
  void* values;
  // kFixed only, where `values` are the high plane's products; null: they are the whole sums.
  const void* low_plane = nullptr;
  float row_scale = 0.0f;  // t; the quantised precisions only.

  float* floats() const { return static_cast<float*>(values); }
  int32_t* sums() const { return static_cast<int32_t*>(values); }
  const int32_t* low_sums() const { return static_cast<const int32_t*>(low_plane); }
};

// What makes W x + b of those columns, and puts it where it belongs. Defined here to be inlined: a
// tile has some hundred rows of 256 columns each.
class Epilogue {
 public:
  // Arrays are [columns].
  struct Columns {
    Precision precision;
    const float* scales = nullptr;         // s_j; the quantised precisions only.
    const int32_t* weight_sums = nullptr;  // Of operands with an offset: kInt8, planes of kFixed.
    const float* bias = nullptr;           // Null: none.
  };
  explicit Epilogue(const Columns& columns) : columns_(columns) {}

  // y = W x + b for columns [begin, begin + n). y may be the row's own memory.
  void Store(const ProductRow& row, size_t begin, size_t n, float* y) const {
    int32_t* const sums = row.sums() + begin;
    switch (columns_.precision) {
      case Precision::kF32:
      case Precision::kBf16:
        if (y != row.floats() + begin) std::memcpy(y, row.floats() + begin, n * sizeof(float));
        if (columns_.bias != nullptr) AddRow(columns_.bias + begin, n, y);
        return;
      case Precision::kInt8:
        return ScaleInt8Row(sums, columns_.weight_sums + begin, n, row.row_scale,
                            columns_.scales + begin, bias(begin), y);
      case Precision::kFixed:
        if (row.low_plane != nullptr) {
          CombineFixedPlanes(sums, row.low_sums() + begin, columns_.weight_sums + begin, n, sums);
        }
        return ScaleFixedRow(sums, n, row.row_scale, columns_.scales + begin, bias(begin), y);
    }
  }

  // y += W x + b.
  void Add(const ProductRow& row, size_t begin, size_t n, float* y) const {
    if (columns_.precision == Precision::kInt8) {
      return ScaleAddInt8Row(row.sums() + begin, columns_.weight_sums + begin, n, row.row_scale,
                             columns_.scales + begin, bias(begin), y);
    }
    Store(row, begin, n, row.floats() + begin);
    AddRow(row.floats() + begin, n, y);
  }

  // y = silu(gate) * up, for gate columns [gate, gate + n) and up columns [up, up + n).
  void SwiGlu(const ProductRow& row, size_t gate, size_t up, size_t n, float* y) const {
    const bool adjacent = up == gate + n;
    Store(row, gate, adjacent ? 2 * n : n, row.floats() + gate);
    if (!adjacent) Store(row, up, n, row.floats() + up);
    SwiGluRow(row.floats() + gate, row.floats() + up, n, y);
  }

  // One of the three, for columns in the order of the weight: outputs [begin, begin + n) of the
  // row, y_row[0] the row's first. The up columns of kSwiGlu begin with column `up`.
  void Finish(const ProductRow& row, LinearTail tail, size_t begin, size_t n, size_t up,
              float* y_row) const {
    switch (tail) {
      case LinearTail::kStore:
        return Store(row, begin, n, y_row + begin);
      case LinearTail::kAdd:
        return Add(row, begin, n, y_row + begin);
      case LinearTail::kSwiGlu:
        return SwiGlu(row, begin, up + begin, n, y_row + begin);
    }
  }

 private:
  const float* bias(size_t begin) const {
    return columns_.bias == nullptr ? nullptr : columns_.bias + begin;
  }

  const Columns columns_;
};

// The epilogue of one column block of a packed layer, for all rows of a tile.
class BlockEpilogue {
 public:
  BlockEpilogue(const PackedLayer& layer, size_t block, LinearTail tail);

  // Puts the products of one row with the block where `tail` wants them in `y_row`, the output row
  // from column 0 on.
  void Finish(const ProductRow& row, float* y_row) const;
  // Asks for the memory that Finish() will write: a tile's rows lie too far apart for the processor
  // to foresee.
  void Prefetch(const float* y_row) const;

 private:
  const BlockColumns columns_;
  const LinearTail tail_;
  const Epilogue epilogue_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_EPILOGUE_H_
