#include "enclave/linear/epilogue.h"

#include <cstring>

#include "enclave/linear/column_order.h"
#include "kernels/elementwise.h"
#include "kernels/fixed_point.h"
#include "kernels/int8_scale.h"

namespace sotto {
namespace {

// Leaves W x + b in product.values.
void ToFloat(const PackedLayer& layer, size_t first_column, size_t n, const ProductRow& product) {
  float* values = static_cast<float*>(product.values);
  int32_t* sums = static_cast<int32_t*>(product.values);
  const float* bias = layer.bias.empty() ? nullptr : &layer.bias[first_column];
  switch (layer.precision) {
    case Precision::kF32:
    case Precision::kBf16:
      if (bias != nullptr) AddRow(bias, n, values);
      return;
    case Precision::kInt8:
      return ScaleInt8Row(sums, &layer.weight_sums[first_column], n, product.row_scale,
                          &layer.scales[first_column], bias, values);
    case Precision::kFixed:
      CombineFixedPlanes(sums, static_cast<const int32_t*>(product.low_plane),
                         &layer.weight_sums[first_column], n, sums);
      return ScaleFixedRow(sums, n, product.row_scale, &layer.scales[first_column], bias, values);
  }
}

void Deliver(const float* values, ColumnRun run, LinearTail tail, float* y_row) {
  if (tail == LinearTail::kAdd) return AddRow(values, run.count, y_row + run.first);
  std::memcpy(y_row + run.first, values, run.count * sizeof(float));
}

}  // namespace

void FinishRow(const PackedLayer& layer, size_t block, const ProductRow& product, LinearTail tail,
               float* y_row) {
  ToFloat(layer, block * kGemmColumnBlock, layer.weights.block_columns(block), product);
  const float* values = static_cast<const float*>(product.values);
  const BlockColumns columns = ColumnsOfBlock(layer.layer.kind, layer.weights.n_out(), block);
  if (tail == LinearTail::kSwiGlu) {
    SwiGluRow(values, values + columns.a.count, columns.a.count, y_row + columns.a.first);
    return;
  }
  Deliver(values, columns.a, tail, y_row);
  if (columns.b.count > 0) Deliver(values + columns.a.count, columns.b, tail, y_row);
}

}  // namespace sotto
