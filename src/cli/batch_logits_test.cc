#include "cli/batch_logits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "testing/random_row.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

constexpr size_t kVocab = 37, kLength = 6;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Rows 1 and 2 of a run; row 2 repeats prompt 0.
BatchRows Rows() { return {.ids = {{7, 8, 9}, {4, 11, 36, 2}, {7, 8, 9}}, .prompt_count = 2}; }
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

class BatchLogitsTest : public testing::Test {
 protected:
  BatchLogits Make(LogitsMode mode, size_t padded_length, LogitsFile* file = nullptr) {
    return {rows_, kMembers, {.mode = mode, .padded_length = padded_length, .file = file}};
  }
  // All positions of each member: as many as it has, or all of the padded length.
  void TakeAll(BatchLogits& batch, size_t padded_length) {
    for (size_t i = 0; i < kMembers.size(); ++i) {
      const size_t length = padded_length > 0 ? padded_length : rows_.ids[kMembers[i]].size();
      batch.Take(i, 2, LogitsOf(i, 2, length - 2).view());
      batch.Take(i, 0, LogitsOf(i, 0, 2).view());
    }
  }
  std::unique_ptr<LogitsFile> File(const std::string& name, bool padding_comes) {
    return *LogitsFile::Create(dir_.File(name),
                               {.mode = LogitsMode::kAll,
                                .rows = 3,
                                .prefill_length = kLength,
                                .vocab_size = kVocab,
                                .padding_comes = padding_comes},
                               rows_);
  }

  const BatchRows rows_ = Rows();
  TempDir dir_;
};

TEST_F(BatchLogitsTest, PaddingChangesNoScoreAndNoByteOfTheFile) {
  const auto exact_file = File("exact.npy", false), padded_file = File("padded.npy", true);
  BatchLogits exact = Make(LogitsMode::kAll, 0, exact_file.get());
  BatchLogits padded = Make(LogitsMode::kAll, kLength, padded_file.get());
  TakeAll(exact, 0);
  TakeAll(padded, kLength);
  std::vector<TokenScores> want = exact.TakeScores(), got = padded.TakeScores();
  EXPECT_EQ(SumLogprobsMasked(got[0], 4), SumLogprobs(want[0]));
  ASSERT_EQ(got[0].logprobs.size(), kLength);
  Truncate(got[0], 4);
  EXPECT_EQ(got[0].logprobs, want[0].logprobs);
  EXPECT_EQ(got[0].top_ids, want[0].top_ids);
  EXPECT_EQ(got[0].top_logprobs, want[0].top_logprobs);
  ASSERT_TRUE(exact_file->Commit().ok());
  ASSERT_TRUE(padded_file->Commit().ok());
  EXPECT_EQ(dir_.Read("padded.npy"), dir_.Read("exact.npy"));
}

// What repeats a prompt is scored only where not to would tell how many prompts there are.
TEST_F(BatchLogitsTest, RowsThatRepeatAPromptAreScoredWherePaddingIs) {
  BatchLogits exact = Make(LogitsMode::kAll, 0), padded = Make(LogitsMode::kAll, kLength);
  TakeAll(exact, 0);
  TakeAll(padded, kLength);
  EXPECT_TRUE(exact.TakeScores()[1].logprobs.empty());
  EXPECT_EQ(padded.TakeScores()[1].logprobs.size(), kLength);
}

TEST_F(BatchLogitsTest, FindsTheFirstRealPositionThatIsNotFinite) {
  for (const size_t padded_length : {size_t{0}, kLength}) {
    for (const float bad : {kInfinity, -kInfinity, kNan}) {
      BatchLogits batch = Make(LogitsMode::kAll, padded_length);
      TakeAll(batch, padded_length);
      EXPECT_FALSE(batch.FirstNotFinite().has_value());
      Matrix<float> row = LogitsOf(1, 2, 1);
      row.view()(0, 20) = bad;
      batch.Take(1, 2, row.view());
      ASSERT_TRUE(batch.FirstNotFinite().has_value());
      EXPECT_EQ(batch.FirstNotFinite()->row, 2u);
      EXPECT_EQ(batch.FirstNotFinite()->position, 2u);
      batch.Take(0, 3, row.view());
      EXPECT_EQ(batch.FirstNotFinite()->row, 1u);
      EXPECT_EQ(batch.FirstNotFinite()->position, 3u);
    }
  }
}

TEST_F(BatchLogitsTest, PaddingNeedNotBeFinite) {
  BatchLogits batch = Make(LogitsMode::kAll, kLength);
  TakeAll(batch, kLength);
  Matrix<float> row = LogitsOf(0, 4, 1);
  row.view()(0, 0) = kNan;
  batch.Take(0, 4, row.view());  // Behind its four tokens.
  EXPECT_FALSE(batch.FirstNotFinite().has_value());
  EXPECT_TRUE(std::isfinite(SumLogprobsMasked(batch.TakeScores()[0], 4)));
}

TEST_F(BatchLogitsTest, LastPositionsAreLookedAtToo) {
  for (const size_t padded_length : {size_t{0}, kLength}) {
    BatchLogits batch = Make(LogitsMode::kLast, padded_length);
    batch.Take(0, 3, LogitsOf(0, 3, 1).view());
    Matrix<float> row = LogitsOf(1, 2, 1);
    row.view()(0, kVocab - 1) = -kInfinity;
    batch.Take(1, 2, row.view());
    ASSERT_TRUE(batch.FirstNotFinite().has_value());
    EXPECT_EQ(batch.FirstNotFinite()->row, 2u);
    EXPECT_EQ(batch.FirstNotFinite()->position, 2u);
    for (const TokenScores& scores : batch.TakeScores()) EXPECT_TRUE(scores.logprobs.empty());
  }
}

}  // namespace
}  // namespace sotto
