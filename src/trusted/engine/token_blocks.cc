#include "trusted/engine/token_blocks.h"

#include <algorithm>

#include "base/integers.h"
#include "kernels/gemm.h"

namespace sotto {
namespace {

// From this many rows on, the products run at nearly full speed.
constexpr size_t kBlockUnit = 128;

std::vector<Piece> PiecesOf(const BatchPlan& plan, size_t first_row, size_t end_row) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < plan.segments.size(); ++i) {
    const Segment& segment = plan.segments[i];
    const size_t begin = std::max(first_row, segment.first_row);
    const size_t end = std::min(end_row, segment.end_row());
    if (begin >= end) continue;
    pieces.push_back(
        {i, begin - first_row, end - begin, segment.first_position + begin - segment.first_row});
  }
  return pieces;
}

}  // namespace

size_t TokenBlockLength(size_t rows, size_t max_rows, size_t min_blocks) {
  const size_t count = std::max(CeilDiv(rows, max_rows), min_blocks);
  const auto rounded = [&](size_t unit) { return CeilDiv(CeilDiv(rows, count), unit) * unit; };
  const bool whole_units = CeilDiv(rows, rounded(kBlockUnit)) >= min_blocks;
  return rounded(whole_units ? kBlockUnit : kGemmRowUnit);
}

std::vector<TokenBlock> SplitIntoTokenBlocks(const BatchPlan& plan, size_t max_rows,
                                             size_t min_blocks) {
  const size_t length = TokenBlockLength(plan.rows(), max_rows, min_blocks);
  std::vector<TokenBlock> blocks;
  for (size_t row = 0; row < plan.rows(); row += length) {
    const size_t end = std::min(plan.rows(), row + length);
    blocks.push_back({row, end - row, PiecesOf(plan, row, end)});
  }
  return blocks;
}

}  // namespace sotto
