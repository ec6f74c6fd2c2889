#include "cli/token_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

namespace sotto {
namespace {

using testing::ElementsAre;

// Of float logits below 8 in magnitude, a row of a few: the row's sum of exponentials is rounded to
// float, 2^-24 of log2(e) at most, and so are differences below 16: 16 * 2^-24 = 1e-6.
constexpr double kTolerance = 2e-6;

constexpr size_t kVocab = 37;  // Fills no vector register.

Matrix<float> RandomLogits(size_t rows) {
  std::mt19937 rng(5);
  std::uniform_real_distribution<float> uniform(-8, 8);
  Matrix<float> logits(rows, kVocab);
  for (size_t i = 0; i < rows * kVocab; ++i) logits.view().data()[i] = uniform(rng);
  return logits;
}

double PlainLogprob(ConstMatrixView<float> logits, size_t position, size_t id) {
  double sum = 0;
  for (size_t j = 0; j < logits.cols(); ++j) sum += std::exp(double{logits(position, j)});
  return double{logits(position, id)} - std::log(sum);
}

TEST(TokenScores, AreThoseOfThePlainFormula) {
  const std::vector<int32_t> ids = {3, 36, 0, 3, 17};
  const Matrix<float> logits = RandomLogits(ids.size());
  TokenScores scores(ids.size());
  ScorePositions(ids, 0, logits.view(), scores);
  double sum = 0;
  for (size_t i = 1; i < ids.size(); ++i) {
    const double plain = PlainLogprob(logits.view(), i - 1, static_cast<size_t>(ids[i]));
    EXPECT_NEAR(scores.logprobs[i], plain, kTolerance) << i;
    sum += plain;
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    const float* row = logits.view().row(i);
    const size_t top = static_cast<size_t>(std::max_element(row, row + kVocab) - row);
    EXPECT_EQ(scores.top_ids[i], static_cast<int32_t>(top)) << i;
    EXPECT_NEAR(scores.top_logprobs[i], PlainLogprob(logits.view(), i, top), kTolerance) << i;
  }
  EXPECT_NEAR(SumLogprobs(scores), sum, 4 * kTolerance);
  ASSERT_TRUE(Perplexity(scores).has_value());
  EXPECT_NEAR(std::log(*Perplexity(scores)), -sum / 4, kTolerance);
}

TEST(TokenScores, OfBlocksInAnyOrderAreThoseOfTheWhole) {
  const std::vector<int32_t> ids = {1, 2, 3, 4, 5, 6, 7};
  const Matrix<float> logits = RandomLogits(ids.size());
  TokenScores whole(ids.size()), parts(ids.size());
  ScorePositions(ids, 0, logits.view(), whole);
  for (const auto& [first, count] : {std::pair<size_t, size_t>(6, 1), {0, 4}, {4, 2}}) {
    ScorePositions(ids, first, logits.view().Rows(first, count), parts);
  }
  EXPECT_EQ(parts.logprobs, whole.logprobs);
  EXPECT_EQ(parts.top_ids, whole.top_ids);
  EXPECT_EQ(parts.top_logprobs, whole.top_logprobs);
}

TEST(TokenScores, AreTheSameBitsHoweverTheNextTokensLogitIsRead) {
  const std::vector<int32_t> ids = {3, 36, 0, 3, 17};
  const Matrix<float> logits = RandomLogits(ids.size());
  TokenScores direct(ids.size()), oblivious(ids.size());
  ScorePositions(ids, 0, logits.view(), direct, ScoreAccess::kDirect);
  ScorePositions(ids, 0, logits.view(), oblivious, ScoreAccess::kOblivious);
  EXPECT_EQ(oblivious.logprobs, direct.logprobs);
  EXPECT_EQ(oblivious.top_ids, direct.top_ids);
  EXPECT_EQ(oblivious.top_logprobs, direct.top_logprobs);
}

TEST(TokenScores, AMaskedSumIsThatOfTheFirst) {
  TokenScores scores(6);
  for (size_t i = 0; i < 6; ++i) scores.logprobs[i] = -0.1 * static_cast<double>(i * i);
  for (size_t tokens = 1; tokens <= 6; ++tokens) {
    const double sum = SumLogprobsMasked(scores, tokens);
    TokenScores first = scores;
    Truncate(first, tokens);
    EXPECT_EQ(first.top_ids.size(), tokens);
    EXPECT_EQ(sum, SumLogprobs(first));
    EXPECT_EQ(Perplexity(sum, tokens), Perplexity(first));
  }
}

TEST(TokenScores, AmongEqualsTheSmallestIdIsTheTop) {
  const std::vector<float> row = {1, 5, 2, 5, 5};
  TokenScores scores(1);
  ScorePositions(std::vector<int32_t>{0}, 0, {row.data(), 1, row.size()}, scores);
  EXPECT_THAT(scores.top_ids, ElementsAre(1));
}

TEST(TokenScores, UniformLogitsHaveThePerplexityOfTheVocabulary) {
  const std::vector<float> rows(3 * kVocab, 2.5f);
  const std::vector<int32_t> ids = {0, 11, 36};
  TokenScores scores(ids.size());
  ScorePositions(ids, 0, {rows.data(), ids.size(), kVocab}, scores);
  EXPECT_NEAR(*Perplexity(scores), kVocab, kVocab * kTolerance);
}

TEST(TokenScores, ASingleTokenHasNoPerplexity) {
  const std::vector<float> row(kVocab, 0);
  TokenScores scores(1);
  ScorePositions(std::vector<int32_t>{4}, 0, {row.data(), 1, kVocab}, scores);
  EXPECT_EQ(Perplexity(scores), std::nullopt);
  EXPECT_EQ(SumLogprobs(scores), 0);
}

TEST(TokenScoresDeathTest, PositionsBeyondThePromptAreOurBug) {
  const std::vector<float> rows(2 * kVocab, 0);
  TokenScores scores(1);
  EXPECT_DEATH(ScorePositions(std::vector<int32_t>{4}, 0, {rows.data(), 2, kVocab}, scores), "");
}

}  // namespace
}  // namespace sotto
