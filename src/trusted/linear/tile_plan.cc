#include "trusted/linear/tile_plan.h"

#include <algorithm>
#include <bit>

#include "base/integers.h"

namespace sotto {
namespace {

// Tiles for each thread at least.
constexpr size_t kTilesPerThread = 4;
// Shorter tiles lose more than the threads' waiting for each other costs.
constexpr size_t kMinTileRows = 32;

}  // namespace

TilePlan::TilePlan(const GemmWeights& weights, size_t rows, int threads) : rows_(rows) {
  const size_t workers = static_cast<size_t>(threads), column_blocks = weights.blocks();
  min_rows_ = std::max(kMinTileRows, weights.row_unit());
  tall_rows_ = kGemmRowBlock;
  while (tall_rows_ > min_rows_ &&
         column_blocks * CeilDiv(rows, tall_rows_) < kTilesPerThread * workers) {
    tall_rows_ /= 2;
  }
  short_blocks_ = workers == 1 ? 0 : std::min(column_blocks, workers);
  tall_blocks_ = column_blocks - short_blocks_;
  short_pieces_ = 0;
  for (size_t row = 0; row < rows_; ++short_pieces_) row += ShortTile(short_pieces_, 0).rows;
}

size_t TilePlan::tiles() const {
  return tall_blocks_ * CeilDiv(rows_, tall_rows_) + short_blocks_ * short_pieces_;
}

TilePlan::Tile TilePlan::TileAt(size_t tile) const {
  const size_t of_column = CeilDiv(rows_, tall_rows_), tall = tall_blocks_ * of_column;
  if (tile >= tall) {
    return ShortTile((tile - tall) / short_blocks_, tall_blocks_ + (tile - tall) % short_blocks_);
  }
  const size_t first_row = tile % of_column * tall_rows_;
  return {tile / of_column, first_row, std::min(tall_rows_, rows_ - first_row)};
}

// Each half of what is left, as a power of two: none of them crosses a multiple of kGemmRowBlock.
TilePlan::Tile TilePlan::ShortTile(size_t piece, size_t column_block) const {
  size_t first_row = 0, height = 0;
  for (size_t i = 0; i <= piece; ++i) {
    first_row += height;
    height = std::clamp(std::bit_floor((rows_ - first_row) / 2), min_rows_, tall_rows_);
  }
  return {column_block, first_row, std::min(height, rows_ - first_row)};
}

}  // namespace sotto
