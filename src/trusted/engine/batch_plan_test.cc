#include "trusted/engine/batch_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "trusted/engine/prefix_groups.h"
#include "trusted/engine/token_blocks.h"

namespace sotto {
namespace {

using Prompts = std::vector<std::vector<int32_t>>;

std::vector<int32_t> Counting(int32_t first, size_t count) {
  std::vector<int32_t> ids(count);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

std::vector<int32_t> Join(std::vector<int32_t> a, const std::vector<int32_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The ids that the plan computes for each prompt are the prompt's.
void ExpectRowsHoldThePrompts(const BatchPlan& plan, const Prompts& prompts) {
  for (size_t i = 0; i < prompts.size(); ++i) {
    ASSERT_EQ(plan.prompt_length[i], prompts[i].size());
    for (size_t position = 0; position < prompts[i].size(); ++position) {
      ASSERT_EQ(plan.row_ids[plan.RowOf(i, position)], prompts[i][position]);
    }
  }
}

TEST(BatchPlanTest, PacksWithoutPadding) {
  const Prompts prompts = {Counting(0, 5), Counting(100, 1), Counting(50, 70)};
  const BatchPlan plan = PackedPlan(prompts);
  EXPECT_EQ(plan.rows(), 76u);
  ExpectRowsHoldThePrompts(plan, prompts);
}

TEST(BatchPlanTest, ComputesASharedPrefixOnce) {
  const auto context = Counting(0, 480);
  Prompts prompts;
  for (int i = 0; i < 32; ++i) prompts.push_back(Join(context, Counting(1000 + 20 * i, 16)));
  const BatchPlan plan = PackedPlan(prompts);
  EXPECT_EQ(plan.rows(), 480u + 32 * 16);
  ExpectRowsHoldThePrompts(plan, prompts);
  for (size_t i = 1; i < plan.segments.size(); ++i) EXPECT_EQ(plan.segments[i].prefix, 0u);
}

TEST(BatchPlanTest, SharesNothingAcrossOwners) {
  const auto context = Counting(0, 100);
  Prompts prompts;
  for (int i = 0; i < 6; ++i) prompts.push_back(Join(context, Counting(1000 + 20 * i, 10)));
  const std::vector<size_t> owners = {7, 3, 7, 3, 7, 5};
  const BatchPlan plan = PackedPlan(prompts, owners);
  // Once for owner 7, once for 3, and once for the only prompt of 5.
  EXPECT_EQ(plan.rows(), 3u * 100 + 6 * 10);
  ExpectRowsHoldThePrompts(plan, prompts);
}

TEST(BatchPlanTest, DoesNotShareShortPrefixes) {
  const auto context = Counting(0, kMinSharedPositions - 1);
  const Prompts prompts = {Join(context, {7}), Join(context, {8})};
  EXPECT_EQ(PackedPlan(prompts).rows(), 2 * kMinSharedPositions);
}

TEST(BatchPlanTest, EqualPromptsAreComputedOnce) {
  const Prompts prompts(5, Counting(3, 100));
  const BatchPlan plan = PackedPlan(prompts);
  EXPECT_EQ(plan.rows(), 100u);
  ExpectRowsHoldThePrompts(plan, prompts);
}

TEST(BatchPlanTest, FixedShapeDependsOnTheShapeAlone) {
  const Prompts prompts = {Counting(0, 5), Counting(0, 5)};
  const BatchPlan plan = FixedShapePlan(prompts, 3, 10);
  EXPECT_EQ(plan.rows(), 30u);
  EXPECT_EQ(plan.segments.size(), 3u);
  ExpectRowsHoldThePrompts(plan, prompts);
}

TEST(PrefixGroupsTest, SavesTheMost) {
  // Two contexts, interleaved; a longer prefix of two members loses to the one of all three.
  const auto a = Counting(0, 100), b = Counting(500, 100);
  const Prompts prompts = {Join(a, {1}), Join(b, {1}), Join(a, {1, 2}), Join(b, {2}), Join(a, {3})};
  const auto groups = GroupByPrefix(prompts, 64);
  ASSERT_EQ(groups.size(), 2u);
  for (const PrefixGroup& group : groups) EXPECT_EQ(group.shared_positions, 100u);
  EXPECT_EQ(groups[0].prompts.size() + groups[1].prompts.size(), 5u);
}

TEST(TokenBlocksTest, CoverAllRowsInOrder) {
  const Prompts prompts = {Counting(0, 700), Counting(100, 1), Counting(50, 300)};
  const BatchPlan plan = PackedPlan(prompts);
  for (size_t min_blocks : {1, 2, 5}) {
    const auto blocks = SplitIntoTokenBlocks(plan, 512, min_blocks);
    EXPECT_GE(blocks.size(), min_blocks);
    size_t row = 0;
    for (const TokenBlock& block : blocks) {
      EXPECT_EQ(block.first_row, row);
      EXPECT_LE(block.rows, 512u);
      size_t block_row = 0;
      for (const Piece& piece : block.pieces) {
        EXPECT_EQ(piece.block_row, block_row);
        const Segment& segment = plan.segments[piece.segment];
        EXPECT_EQ(piece.first_position - segment.first_position + segment.first_row,
                  row + block_row);
        block_row += piece.rows;
      }
      EXPECT_EQ(block_row, block.rows);
      row += block.rows;
    }
    EXPECT_EQ(row, plan.rows());
  }
}

}  // namespace
}  // namespace sotto
