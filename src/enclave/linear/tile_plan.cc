#include "enclave/linear/tile_plan.h"

#include <algorithm>

namespace sotto {
namespace {

// Tiles for each thread at least, short ones among the last of them.
constexpr size_t kTilesPerThread = 4;
// Shorter tiles read more weight than they compute.
constexpr size_t kMinTileRows = 64, kShortTileRows = 256;

size_t CeilDiv(size_t n, size_t unit) { return (n + unit - 1) / unit; }

}  // namespace

TilePlan::TilePlan(const GemmWeights& weights, size_t rows, int threads) : rows_(rows) {
  const size_t workers = static_cast<size_t>(threads), column_blocks = weights.blocks();
  const size_t min_rows = std::max(kMinTileRows, weights.row_unit());
  tall_rows_ = kGemmRowBlock;
  while (tall_rows_ > min_rows &&
         column_blocks * CeilDiv(rows, tall_rows_) < kTilesPerThread * workers) {
    tall_rows_ /= 2;
  }
  short_rows_ = std::clamp(kShortTileRows, weights.row_unit(), tall_rows_);
  short_blocks_ = workers == 1 ? 0 : std::min(column_blocks, workers);
  tall_blocks_ = column_blocks - short_blocks_;
}

size_t TilePlan::tiles() const {
  return tall_blocks_ * CeilDiv(rows_, tall_rows_) + short_blocks_ * CeilDiv(rows_, short_rows_);
}

TilePlan::Tile TilePlan::TileAt(size_t tile) const {
  const size_t tall = tall_blocks_ * CeilDiv(rows_, tall_rows_);
  const bool is_tall = tile < tall;
  const size_t height = is_tall ? tall_rows_ : short_rows_, of_column = CeilDiv(rows_, height);
  const size_t at = is_tall ? tile : tile - tall, first_row = at % of_column * height;
  return {(is_tall ? 0 : tall_blocks_) + at / of_column, first_row,
          std::min(height, rows_ - first_row)};
}

}  // namespace sotto
