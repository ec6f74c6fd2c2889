// Which rows of a weight stand together in one column block of the packed weight. Gate and up come
// in pairs, so that a tile of the product holds both factors of its SwiGLU outputs.
#ifndef SOTTO_TRUSTED_LINEAR_COLUMN_ORDER_H_
#define SOTTO_TRUSTED_LINEAR_COLUMN_ORDER_H_

#include <cstddef>

#include "model/linear_layers.h"

namespace sotto {

// `count` consecutive rows of W, beginning with row `first`.
struct ColumnRun {
  size_t first = 0, count = 0;
};

// The columns of a block: `a`, then `b`. For kGateUp, a is gate and b up, of equal counts, the same
// rows of both; for all others b is empty.
struct BlockColumns {
  ColumnRun a, b;
};

// block < ceil(n_out / kGemmColumnBlock).
BlockColumns ColumnsOfBlock(LinearKind kind, size_t n_out, size_t block);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_COLUMN_ORDER_H_
