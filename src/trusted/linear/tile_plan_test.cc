#include "trusted/linear/tile_plan.h"

#include <gtest/gtest.h>

#include <vector>

namespace sotto {
namespace {

const size_t kColumns[] = {1, 256, 257, 2048, 5000};
const size_t kRows[] = {1, 16, 64, 65, 128, 500, 512};

TEST(TilePlanTest, EveryRowOfEveryColumnBlockOnce) {
  for (size_t n_out : kColumns) {
    const GemmWeights weights(GemmOperands::kF32, 16, n_out);
    for (size_t rows : kRows) {
      for (int threads : {1, 2, 7}) {
        const TilePlan plan(weights, rows, threads);
        std::vector<int> seen(weights.blocks() * rows);
        for (size_t i = 0; i < plan.tiles(); ++i) {
          const TilePlan::Tile tile = plan.TileAt(i);
          ASSERT_LT(tile.column_block, weights.blocks());
          ASSERT_LE(tile.first_row + tile.rows, rows);
          for (size_t r = 0; r < tile.rows; ++r) {
            ++seen[tile.column_block * rows + tile.first_row + r];
          }
        }
        EXPECT_EQ(seen, std::vector<int>(seen.size(), 1)) << n_out << " x " << rows;
      }
    }
  }
}

// What lets a tile be multiplied alone.
TEST(TilePlanTest, TilesBeginAtWholeUnitsInsideOneRowBlock) {
  const GemmWeights weights(GemmOperands::kF32, 16, 2048);
  for (size_t rows : {size_t{512}, size_t{1300}}) {
    const TilePlan plan(weights, rows, 2);
    for (size_t i = 0; i < plan.tiles(); ++i) {
      const TilePlan::Tile tile = plan.TileAt(i);
      EXPECT_EQ(tile.first_row % weights.row_unit(), 0);
      EXPECT_EQ(tile.first_row / kGemmRowBlock, (tile.first_row + tile.rows - 1) / kGemmRowBlock);
    }
  }
}

TEST(TilePlanTest, TallFirstAndShortLast) {
  const GemmWeights weights(GemmOperands::kF32, 16, 8192);
  const TilePlan plan(weights, 512, 2);
  EXPECT_EQ(plan.TileAt(0).rows, kGemmRowBlock);
  for (size_t i = 1; i < plan.tiles(); ++i) {
    EXPECT_LE(plan.TileAt(i).rows, plan.TileAt(i - 1).rows);
  }
  EXPECT_LT(plan.TileAt(plan.tiles() - 1).rows, kGemmRowBlock / 4);
  // One thread waits for nobody.
  const TilePlan alone(weights, 512, 1);
  EXPECT_EQ(alone.tiles(), weights.blocks());
}

}  // namespace
}  // namespace sotto
