// Which tiles a product is computed in, and in what order.
#ifndef SOTTO_TRUSTED_LINEAR_TILE_PLAN_H_
#define SOTTO_TRUSTED_LINEAR_TILE_PLAN_H_

#include <cstddef>

#include "kernels/gemm.h"

namespace sotto {

// Tall tiles multiply fastest, but threads that take tiles as they become free end together only if
// the last ones are short. So the first column blocks are cut into tiles of up to kGemmRowBlock
// rows, which follow each other block by block: a weight comes from memory once. The last column
// blocks, one a thread, are cut into ever shorter tiles, a thread's every other one from the same
// block.
class TilePlan {
 public:
  struct Tile {
    size_t column_block, first_row, rows;
  };

  // rows >= 1.
  TilePlan(const GemmWeights& weights, size_t rows, int threads);

  size_t tiles() const;
  // tile < tiles(). Together they are the product, each part once.
  Tile TileAt(size_t tile) const;

 private:
  Tile ShortTile(size_t piece, size_t column_block) const;

  size_t rows_;
  size_t tall_blocks_, short_blocks_;  // Column blocks of each kind.
  size_t tall_rows_, min_rows_;        // Of a tile.
  size_t short_pieces_;                // Tiles of one of the last column blocks.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_TILE_PLAN_H_
