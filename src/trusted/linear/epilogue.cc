#include "trusted/linear/epilogue.h"

#include <cstring>

#include "kernels/elementwise.h"
#include "kernels/fixed_point.h"
#include "kernels/int8_scale.h"
#include "trusted/linear/column_order.h"

namespace sotto {
namespace {

// Columns of a packed layer, as a product row has them.
class FinishedColumns {
 public:
  FinishedColumns(const PackedLayer& layer, size_t first_column, const ProductRow& product)
      : layer_(layer), first_column_(first_column), product_(product) {}

  // y = W x + b for product columns [begin, begin + n). y may be the product's own memory.
  void Store(size_t begin, size_t n, float* y) const {
    switch (layer_.precision) {
      case Precision::kF32:
      case Precision::kBf16:
        if (y != values() + begin) std::memcpy(y, values() + begin, n * sizeof(float));
        if (bias(begin) != nullptr) AddRow(bias(begin), n, y);
        return;
      case Precision::kInt8:
        return ScaleInt8Row(sums() + begin, weight_sums(begin), n, product_.row_scale,
                            scales(begin), bias(begin), y);
      case Precision::kFixed:
        CombineFixedPlanes(sums() + begin, static_cast<const int32_t*>(product_.low_plane) + begin,
                           weight_sums(begin), n, sums() + begin);
        return ScaleFixedRow(sums() + begin, n, product_.row_scale, scales(begin), bias(begin), y);
    }
  }

  // y += W x + b.
  void Add(size_t begin, size_t n, float* y) const {
    if (layer_.precision == Precision::kInt8) {
      return ScaleAddInt8Row(sums() + begin, weight_sums(begin), n, product_.row_scale,
                             scales(begin), bias(begin), y);
    }
    Store(begin, n, values() + begin);
    AddRow(values() + begin, n, y);
  }

  float* values() const { return static_cast<float*>(product_.values); }

 private:
  int32_t* sums() const { return static_cast<int32_t*>(product_.values); }
  const float* bias(size_t begin) const {
    return layer_.bias.empty() ? nullptr : &layer_.bias[first_column_ + begin];
  }
  const float* scales(size_t begin) const { return &layer_.scales[first_column_ + begin]; }
  const int32_t* weight_sums(size_t begin) const {
    return &layer_.weight_sums[first_column_ + begin];
  }

  const PackedLayer& layer_;
  const size_t first_column_;
  const ProductRow& product_;
};

void PrefetchRun(const float* row, ColumnRun run) {
  constexpr size_t kLineFloats = 16;
  for (size_t i = 0; i < run.count; i += kLineFloats) {
    __builtin_prefetch(row + run.first + i, /*rw=*/1);
  }
}

}  // namespace

void PrefetchOutputRow(const PackedLayer& layer, size_t block, LinearTail tail,
                       const float* y_row) {
  const BlockColumns columns = ColumnsOfBlock(layer.layer.kind, layer.weights.n_out(), block);
  PrefetchRun(y_row, columns.a);
  if (tail != LinearTail::kSwiGlu) PrefetchRun(y_row, columns.b);
}

void FinishRow(const PackedLayer& layer, size_t block, const ProductRow& product, LinearTail tail,
               float* y_row) {
  const BlockColumns columns = ColumnsOfBlock(layer.layer.kind, layer.weights.n_out(), block);
  const FinishedColumns finished(layer, block * kGemmColumnBlock, product);
  const size_t a = columns.a.count, b = columns.b.count;
  switch (tail) {
    case LinearTail::kStore:
      finished.Store(0, a, y_row + columns.a.first);
      if (b > 0) finished.Store(a, b, y_row + columns.b.first);
      return;
    case LinearTail::kAdd:
      finished.Add(0, a, y_row + columns.a.first);
      if (b > 0) finished.Add(a, b, y_row + columns.b.first);
      return;
    case LinearTail::kSwiGlu:
      finished.Store(0, a + b, finished.values());
      return SwiGluRow(finished.values(), finished.values() + a, a, y_row + columns.a.first);
  }
}

}  // namespace sotto
