// The rows of a batch in blocks that go through a layer together: large enough that streaming a
// layer's weights costs little beside the arithmetic, small enough that activations stay in cache.
#ifndef SOTTO_TRUSTED_ENGINE_TOKEN_BLOCKS_H_
#define SOTTO_TRUSTED_ENGINE_TOKEN_BLOCKS_H_

#include <cstddef>
#include <vector>

#include "trusted/engine/batch_plan.h"

namespace sotto {

// Part of a segment inside a token block.
struct Piece {
  size_t segment = 0;
  size_t block_row = 0;  // First row, counted from the token block's.
  size_t rows = 0;
  size_t first_position = 0;
};

struct TokenBlock {
  size_t first_row = 0, rows = 0;
  std::vector<Piece> pieces;  // By rising row; together they are the block.
};

// The length of all blocks but the last, of a plan of `rows` rows that SplitIntoTokenBlocks() cuts.
size_t TokenBlockLength(size_t rows, size_t max_rows, size_t min_blocks);

// Blocks of nearly equal length, at most `max_rows` (a multiple of 128), in whole multiples of 128
// rows (of kGemmRowUnit where there are few) but for the last; at least `min_blocks`
// where there are rows enough.
std::vector<TokenBlock> SplitIntoTokenBlocks(const BatchPlan& plan, size_t max_rows,
                                             size_t min_blocks);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_TOKEN_BLOCKS_H_
