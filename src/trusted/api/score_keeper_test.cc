#include "trusted/api/score_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "trusted/api/token_scores.h"

namespace sotto {
namespace {

// Of `tokens` that are real; beyond them nothing is a number.
Scores ScoresOf(size_t tokens, size_t length, double logprob) {
  Scores scores = MakeScores(length, 1);
  for (size_t i = 0; i < length; ++i) {
    scores.logprobs[i] = i < tokens ? logprob : std::numeric_limits<double>::quiet_NaN();
    scores.top[i].logprob = scores.logprobs[i];
  }
  return scores;
}

class ScoreKeeperTest : public testing::Test {
 protected:
  ScoreKeeper Keeper(const ScoreKeeper::Options& options) {
    got_.clear();
    return ScoreKeeper(prompts_, 3, options, consumer_);
  }

  // The fourth prompt only fills the second batch.
  const std::vector<std::vector<int32_t>> prompts_ = {{1}, {2, 3}, {4, 5, 6}, {1}};
  std::map<size_t, Scores> got_;
  const ScoreConsumer consumer_ = [this](size_t prompt, Scores scores) {
    got_[prompt] = std::move(scores);
    return absl::OkStatus();
  };
};

TEST_F(ScoreKeeperTest, WithoutPaddingScoresAreHandedOnAsTheyCome) {
  ScoreKeeper keeper = Keeper({});
  ASSERT_TRUE(keeper.Keep({0, 1}, {ScoresOf(1, 1, -1), ScoresOf(2, 2, -0.5)}).ok());
  ASSERT_EQ(got_.size(), 2u);
  EXPECT_EQ(got_[0].perplexity(), std::nullopt);
  EXPECT_EQ(got_[1].perplexity(), std::exp(0.5));
}

// Between batches an accelerator waits for the next one: a line takes longer for a longer prompt.
TEST_F(ScoreKeeperTest, WithPaddingNothingIsHandedOnBeforeTheEnd) {
  ScoreKeeper keeper = Keeper({.padded = true});
  ASSERT_TRUE(keeper.Keep({0, 1}, {ScoresOf(1, 3, -1), ScoresOf(2, 3, -0.5)}).ok());
  ASSERT_TRUE(keeper.Keep({2, 3}, {ScoresOf(3, 3, -2), ScoresOf(1, 3, -1)}).ok());
  EXPECT_TRUE(got_.empty());
}

TEST_F(ScoreKeeperTest, WithPaddingTheEndBringsTheSameAndNothingOfWhatFillsABatch) {
  std::vector<std::map<size_t, Scores>> results;
  for (const bool padded : {false, true}) {
    ScoreKeeper keeper = Keeper({.padded = padded});
    const auto scores = [&](size_t tokens, double logprob) {
      return ScoresOf(tokens, padded ? 3 : tokens, logprob);
    };
    ASSERT_TRUE(keeper.Keep({2, 3}, {scores(3, -0.1), scores(1, -1)}).ok());
    ASSERT_TRUE(keeper.Keep({0, 1}, {scores(1, -1), scores(2, -0.5)}).ok());
    ASSERT_TRUE(keeper.Finish().ok());
    results.push_back(got_);
  }
  ASSERT_EQ(results[0].size(), 3u);
  ASSERT_EQ(results[1].size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const Scores &a = results[0][i], &b = results[1][i];
    EXPECT_EQ(a.sum_logprob, b.sum_logprob);
    EXPECT_EQ(a.tokens, i);
    EXPECT_EQ(b.tokens, i);
    EXPECT_EQ(a.top, b.top);
    EXPECT_EQ(a.logprobs.size(), b.logprobs.size());
  }
}

TEST_F(ScoreKeeperTest, SumsAloneKeepNoTokens) {
  ScoreKeeper keeper = Keeper({.padded = true, .keep_tokens = false});
  ASSERT_TRUE(keeper.Keep({1}, {ScoresOf(2, 3, -0.5)}).ok());
  ASSERT_TRUE(keeper.Finish().ok());
  EXPECT_EQ(got_[1].perplexity(), std::exp(0.5));
  EXPECT_TRUE(got_[1].logprobs.empty());
}

TEST_F(ScoreKeeperTest, TokensBeforeTheFirstOneDoNotCount) {
  const std::vector<size_t> first = {1, 1, 2};
  for (const bool padded : {false, true}) {
    ScoreKeeper keeper = Keeper({.padded = padded, .first_tokens = first});
    ASSERT_TRUE(keeper.Keep({2}, {ScoresOf(3, padded ? 5 : 3, -0.25)}).ok());
    ASSERT_TRUE(keeper.Finish().ok());
    EXPECT_EQ(got_[2].sum_logprob, -0.25);
    EXPECT_EQ(got_[2].tokens, 1u);
    EXPECT_TRUE(std::isnan(got_[2].logprobs[1]));
    EXPECT_EQ(got_[2].logprobs[2], -0.25);
    EXPECT_EQ(got_[2].top[0], TokenLogprob());
    EXPECT_NE(got_[2].top[1], TokenLogprob());
  }
}

TEST_F(ScoreKeeperTest, AConsumersErrorEndsIt) {
  const ScoreConsumer full = [](size_t, Scores) { return absl::UnavailableError("disk full"); };
  ScoreKeeper keeper(prompts_, 3, {}, full);
  EXPECT_EQ(keeper.Keep({1}, {ScoresOf(2, 2, -1)}).message(), "disk full");
}

}  // namespace
}  // namespace sotto
