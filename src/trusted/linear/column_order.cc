#include "trusted/linear/column_order.h"

#include <algorithm>

#include "kernels/gemm.h"

namespace sotto {

BlockColumns ColumnsOfBlock(LinearKind kind, size_t n_out, size_t block) {
  const size_t first = block * kGemmColumnBlock;
  const size_t count = std::min(kGemmColumnBlock, n_out - first);
  if (kind != LinearKind::kGateUp) return {{first, count}, {}};
  const size_t intermediate_size = n_out / 2;
  return {{first / 2, count / 2}, {intermediate_size + first / 2, count / 2}};
}

}  // namespace sotto
