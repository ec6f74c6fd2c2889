#include "trusted/api/token_scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <utility>

namespace sotto {
namespace {

// Of float logits below 8 in magnitude, a row of a few: the row's sum of exponentials is rounded to
// float, 2^-24 of log2(e) at most, and so are differences below 16: 16 * 2^-24 = 1e-6.
constexpr double kTolerance = 2e-6;

constexpr size_t kScoredVocab = 37;  // Fills no vector register.

Matrix<float> RandomLogits(size_t rows) {
  std::mt19937 rng(5);
  std::uniform_real_distribution<float> uniform(-8, 8);
  Matrix<float> logits(rows, kScoredVocab);
  for (size_t i = 0; i < rows * kScoredVocab; ++i) logits.view().data()[i] = uniform(rng);
  return logits;
}

double PlainLogprob(ConstMatrixView<float> logits, size_t position, size_t id) {
  double sum = 0;
  for (size_t j = 0; j < logits.cols(); ++j) sum += std::exp(double{logits(position, j)});
  return double{logits(position, id)} - std::log(sum);
}

// The first token has no log-probability.
void ExpectSame(const Scores& a, const Scores& b) {
  EXPECT_TRUE(std::isnan(a.logprobs[0]));
  EXPECT_TRUE(std::equal(a.logprobs.begin() + 1, a.logprobs.end(), b.logprobs.begin() + 1));
  EXPECT_EQ(a.top, b.top);
}

TEST(TokenScores, AreThoseOfThePlainFormula) {
  const std::vector<int32_t> ids = {3, 36, 0, 3, 17};
  const Matrix<float> logits = RandomLogits(ids.size());
  Scores scores = MakeScores(ids.size(), 1);
  ScorePositions(ids, 0, logits.view(), scores);
  double sum = 0;
  for (size_t i = 1; i < ids.size(); ++i) {
    const double plain = PlainLogprob(logits.view(), i - 1, static_cast<size_t>(ids[i]));
    EXPECT_NEAR(scores.logprobs[i], plain, kTolerance) << i;
    sum += plain;
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    const float* row = logits.view().row(i);
    const size_t top = static_cast<size_t>(std::max_element(row, row + kScoredVocab) - row);
    EXPECT_EQ(scores.top_after(i)[0].id, static_cast<int32_t>(top)) << i;
    EXPECT_NEAR(scores.top_after(i)[0].logprob, PlainLogprob(logits.view(), i, top), kTolerance)
        << i;
  }
  scores.sum_logprob = SumLogprobs(scores, 1, ids.size());
  scores.tokens = ids.size() - 1;
  EXPECT_NEAR(scores.sum_logprob, sum, 4 * kTolerance);
  ASSERT_TRUE(scores.perplexity().has_value());
  EXPECT_NEAR(std::log(*scores.perplexity()), -sum / 4, kTolerance);
}

TEST(TokenScores, OfBlocksInAnyOrderAreThoseOfTheWhole) {
  const std::vector<int32_t> ids = {1, 2, 3, 4, 5, 6, 7};
  const Matrix<float> logits = RandomLogits(ids.size());
  Scores whole = MakeScores(ids.size(), 1), parts = whole;
  ScorePositions(ids, 0, logits.view(), whole);
  for (const auto& [first, count] : {std::pair<size_t, size_t>(6, 1), {0, 4}, {4, 2}}) {
    ScorePositions(ids, first, logits.view().Rows(first, count), parts);
  }
  ExpectSame(parts, whole);
}

TEST(TokenScores, AreTheSameBitsHoweverTheNextTokensLogitIsRead) {
  const std::vector<int32_t> ids = {3, 36, 0, 3, 17};
  const Matrix<float> logits = RandomLogits(ids.size());
  Scores direct = MakeScores(ids.size(), 3), oblivious = direct;
  ScorePositions(ids, 0, logits.view(), direct, ScoreAccess::kDirect);
  ScorePositions(ids, 0, logits.view(), oblivious, ScoreAccess::kOblivious);
  ExpectSame(oblivious, direct);
}

TEST(TokenScores, ASumIsThatOfItsTokensAlone) {
  Scores scores = MakeScores(6, 1);
  for (size_t i = 1; i < 4; ++i) scores.logprobs[i] = -0.1 * static_cast<double>(i * i);
  EXPECT_EQ(SumLogprobs(scores, 1, 1), 0);
  EXPECT_EQ(SumLogprobs(scores, 1, 2), -0.1);
  EXPECT_EQ(SumLogprobs(scores, 2, 4), -0.1 * 4 + -0.1 * 9);  // What lies beyond is no number.
  Truncate(scores, 4);
  EXPECT_EQ(scores.logprobs.size(), 4u);
  EXPECT_EQ(scores.top.size(), 4u);
}

TEST(TokenScores, TheTopTokensAreTheLargestInOrder) {
  const Matrix<float> logits = RandomLogits(2);
  for (const size_t k : {0, 1, 3, 37}) {
    Scores scores = MakeScores(2, k);
    ScorePositions(std::vector<int32_t>{0, 1}, 0, logits.view(), scores);
    std::vector<int32_t> order(kScoredVocab);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::greater<float>(),
                             [&](int32_t id) { return logits.view()(1, static_cast<size_t>(id)); });
    ASSERT_EQ(scores.top_after(1).size(), k);
    for (size_t i = 0; i < k; ++i) EXPECT_EQ(scores.top_after(1)[i].id, order[i]) << i;
  }
}

TEST(TokenScores, RanksArePlacesInTheOrderOfTheTop) {
  const std::vector<int32_t> ids = {3, 36, 0, 3, 17};
  Matrix<float> logits = RandomLogits(ids.size());
  logits.view()(0, 35) = logits.view()(0, 36);  // An equal before the token,
  logits.view()(2, 20) = logits.view()(2, 3);   // and one behind it.
  for (const ScoreAccess access : {ScoreAccess::kDirect, ScoreAccess::kOblivious}) {
    Scores scores = MakeScores(ids.size(), kScoredVocab);
    scores.ranks.assign(ids.size(), 0);
    ScorePositions(ids, 0, logits.view(), scores, access);
    EXPECT_EQ(scores.ranks[0], 0);
    for (size_t i = 1; i < ids.size(); ++i) {
      ASSERT_GE(scores.ranks[i], 1);
      EXPECT_EQ(scores.top_after(i - 1)[scores.ranks[i] - 1].id, ids[i]) << i;
    }
  }
  Scores scores = MakeScores(ids.size(), 1);
  scores.ranks.assign(ids.size(), 7);
  Truncate(scores, 2);
  EXPECT_EQ(scores.ranks.size(), 2u);
}

TEST(TokenScores, AmongEqualsTheSmallestIdIsTheTop) {
  const std::vector<float> row = {1, 5, 2, 5, 5};
  Scores scores = MakeScores(1, 1);
  ScorePositions(std::vector<int32_t>{0}, 0, {row.data(), 1, row.size()}, scores);
  EXPECT_EQ(scores.top_after(0)[0].id, 1);
  Scores three = MakeScores(1, 3);
  ScorePositions(std::vector<int32_t>{0}, 0, {row.data(), 1, row.size()}, three);
  EXPECT_EQ(three.top[1].id, 3);
  EXPECT_EQ(three.top[2].id, 4);
}

TEST(TokenScores, UniformLogitsHaveThePerplexityOfTheVocabulary) {
  const std::vector<float> rows(3 * kScoredVocab, 2.5f);
  const std::vector<int32_t> ids = {0, 11, 36};
  Scores scores = MakeScores(ids.size(), 1);
  ScorePositions(ids, 0, {rows.data(), ids.size(), kScoredVocab}, scores);
  EXPECT_NEAR(*Perplexity(SumLogprobs(scores, 1, 3), 2), kScoredVocab, kScoredVocab * kTolerance);
}

TEST(TokenScores, ASingleTokenHasNoPerplexity) {
  const std::vector<float> row(kScoredVocab, 0);
  Scores scores = MakeScores(1, 1);
  ScorePositions(std::vector<int32_t>{4}, 0, {row.data(), 1, kScoredVocab}, scores);
  EXPECT_EQ(scores.perplexity(), std::nullopt);
  EXPECT_EQ(SumLogprobs(scores, 1, 1), 0);
}

TEST(TokenScoresDeathTest, PositionsBeyondThePromptAreOurBug) {
  const std::vector<float> rows(2 * kScoredVocab, 0);
  Scores scores = MakeScores(1, 1);
  EXPECT_DEATH(ScorePositions(std::vector<int32_t>{4}, 0, {rows.data(), 2, kScoredVocab}, scores),
               "");
}

}  // namespace
}  // namespace sotto
