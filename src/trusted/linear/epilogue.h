// From a tile of products to the layer's output, while the tile is in the second-level cache.
#ifndef SOTTO_TRUSTED_LINEAR_EPILOGUE_H_
#define SOTTO_TRUSTED_LINEAR_EPILOGUE_H_

#include <cstddef>

#include "trusted/linear/linear.h"
#include "trusted/linear/packed_layer.h"

namespace sotto {

// The products of one row with one column block.
struct ProductRow {
  // [block columns] f32, or s32 for the quantised precisions; for kFixed the high plane's. Becomes
  // the f32 row W x + b, in place.
  void* values;
  const void* low_plane = nullptr;  // kFixed only.
  float row_scale = 0.0f;           // t; the quantised precisions only.
};

// Scales the products, adds the bias, and puts the result where `tail` wants it in `y_row`, the
// output row from column 0 on.
void FinishRow(const PackedLayer& layer, size_t block, const ProductRow& product, LinearTail tail,
               float* y_row);

// Asks for the memory that FinishRow() of the same block will write: a tile's rows lie too far
// apart for the processor to foresee.
void PrefetchOutputRow(const PackedLayer& layer, size_t block, LinearTail tail, const float* y_row);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_EPILOGUE_H_
