#include "trusted/api/batch_outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "testing/random_row.h"
#include "trusted/api/token_scores.h"

namespace sotto {
namespace {

constexpr size_t kVocab = 37, kLength = 6;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

const std::vector<std::vector<int32_t>> kPrompts = {{7, 8, 9}, {4, 11, 36, 2}, {7, 8, 9}};
const BatchMembers kMembers = {1, 2};

// The same for a position wherever and with whatever else it comes.
Matrix<float> LogitsOf(size_t prompt, size_t first_position, size_t count) {
  Matrix<float> logits(count, kVocab);
  for (size_t i = 0; i < count; ++i) {
    const auto row = RandomRow(kVocab, 4.0f, 100 * prompt + first_position + i);
    std::copy(row.begin(), row.end(), logits.view().row(i));
  }
  return logits;
}

// All rows that a consumer was given.
struct Delivered {
  size_t prompt, position;
  std::vector<float> row;

  bool operator==(const Delivered&) const = default;
};

class BatchOutputsTest : public testing::Test {
 protected:
  BatchOutputs Make(LogitsMode mode, size_t padded_length, RowConsumer consumer = {}) {
    return {kPrompts,
            kMembers,
            {.mode = mode,
             .padded_length = padded_length,
             .score = mode == LogitsMode::kAll,
             .consumer = std::move(consumer)}};
  }
  // All positions of each member: as many as it has, or all of the padded length.
  void TakeAll(BatchOutputs& batch, size_t padded_length) {
    for (size_t i = 0; i < kMembers.size(); ++i) {
      const size_t length = padded_length > 0 ? padded_length : kPrompts[kMembers[i]].size();
      batch.Take(i, 2, LogitsOf(i, 2, length - 2).view());
      batch.Take(i, 0, LogitsOf(i, 0, 2).view());
    }
  }
};

TEST_F(BatchOutputsTest, PaddingChangesNoScore) {
  BatchOutputs exact = Make(LogitsMode::kAll, 0), padded = Make(LogitsMode::kAll, kLength);
  TakeAll(exact, 0);
  TakeAll(padded, kLength);
  std::vector<Scores> want = exact.TakeScores(), got = padded.TakeScores();
  for (size_t i = 0; i < kMembers.size(); ++i) {
    const size_t tokens = kPrompts[kMembers[i]].size();
    EXPECT_EQ(SumLogprobs(got[i], 1, tokens), SumLogprobs(want[i], 1, tokens));
    ASSERT_EQ(got[i].logprobs.size(), kLength);
    Truncate(got[i], tokens);
    EXPECT_TRUE(std::equal(got[i].logprobs.begin() + 1, got[i].logprobs.end(),
                           want[i].logprobs.begin() + 1));
    EXPECT_EQ(got[i].top, want[i].top);
  }
}

TEST_F(BatchOutputsTest, TheConsumerGetsEveryRowByThePromptsNumberInTheRun) {
  std::vector<Delivered> delivered;
  BatchOutputs batch =
      Make(LogitsMode::kAll, 0, [&](size_t prompt, size_t first, ConstMatrixView<float> rows) {
        for (size_t r = 0; r < rows.rows(); ++r) {
          delivered.push_back({prompt, first + r, {rows.row(r), rows.row(r) + kVocab}});
        }
      });
  TakeAll(batch, 0);
  ASSERT_EQ(delivered.size(), 7u);
  const Matrix<float> row = LogitsOf(1, 2, 1);
  EXPECT_EQ(std::ranges::count(delivered,
                               Delivered{2, 2, {row.view().row(0), row.view().row(0) + kVocab}}),
            1);
}

TEST_F(BatchOutputsTest, FindsTheFirstRealPositionThatIsNotFinite) {
  for (const size_t padded_length : {size_t{0}, kLength}) {
    for (const float bad : {kInfinity, -kInfinity, kNan}) {
      BatchOutputs batch = Make(LogitsMode::kAll, padded_length);
      TakeAll(batch, padded_length);
      EXPECT_FALSE(batch.FirstNotFinite().has_value());
      Matrix<float> row = LogitsOf(1, 2, 1);
      row.view()(0, 20) = bad;
      batch.Take(1, 2, row.view());
      ASSERT_TRUE(batch.FirstNotFinite().has_value());
      EXPECT_EQ(batch.FirstNotFinite()->prompt, 2u);
      EXPECT_EQ(batch.FirstNotFinite()->position, 2u);
      batch.Take(0, 3, row.view());
      EXPECT_EQ(batch.FirstNotFinite()->prompt, 1u);
      EXPECT_EQ(batch.FirstNotFinite()->position, 3u);
    }
  }
}

TEST_F(BatchOutputsTest, PaddingNeedNotBeFinite) {
  BatchOutputs batch = Make(LogitsMode::kAll, kLength);
  TakeAll(batch, kLength);
  Matrix<float> row = LogitsOf(0, 4, 1);
  row.view()(0, 0) = kNan;
  batch.Take(0, 4, row.view());  // Behind its four tokens.
  EXPECT_FALSE(batch.FirstNotFinite().has_value());
  EXPECT_TRUE(std::isfinite(SumLogprobs(batch.TakeScores()[0], 1, 4)));
}

TEST_F(BatchOutputsTest, LastPositionsAreLookedAtToo) {
  for (const size_t padded_length : {size_t{0}, kLength}) {
    BatchOutputs batch = Make(LogitsMode::kLast, padded_length);
    batch.Take(0, 3, LogitsOf(0, 3, 1).view());
    Matrix<float> row = LogitsOf(1, 2, 1);
    row.view()(0, kVocab - 1) = -kInfinity;
    batch.Take(1, 2, row.view());
    ASSERT_TRUE(batch.FirstNotFinite().has_value());
    EXPECT_EQ(batch.FirstNotFinite()->prompt, 2u);
    EXPECT_EQ(batch.FirstNotFinite()->position, 2u);
    for (const Scores& scores : batch.TakeScores()) EXPECT_TRUE(scores.logprobs.empty());
  }
}

}  // namespace
}  // namespace sotto
