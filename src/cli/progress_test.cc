#include "cli/progress.h"

#include <gtest/gtest.h>

#include "cli/score_progress.h"

namespace sotto {
namespace {

TEST(ProgressLineTest, TakesTimeLeftFromTheRateWhereNothingIsPredicted) {
  EXPECT_EQ(ProgressLine({.tokens_done = 25, .tokens_total = 100, .elapsed_seconds = 2}),
            "prefill 25 %  25/100 tokens  13 tokens/s  0:06 left");
  EXPECT_EQ(ProgressLine({.tokens_total = 100, .elapsed_seconds = 2}), "prefill 0 %  0/100 tokens");
}

TEST(ProgressLineTest, TakesTimeLeftFromThePrediction) {
  EXPECT_EQ(
      ProgressLine(
          {.tokens_done = 25, .tokens_total = 100, .elapsed_seconds = 2, .seconds_left = 61.5}),
      "prefill 25 %  25/100 tokens  13 tokens/s  1:02 left");
  // Before the first logits, too.
  EXPECT_EQ(ProgressLine({.tokens_total = 100, .elapsed_seconds = 2, .seconds_left = 3700}),
            "prefill 0 %  0/100 tokens  1:01:40 left");
}

TEST(ScoreProgressLineTest, TakesTimeLeftFromTheShareOfTheInput) {
  EXPECT_EQ(ScoreProgressLine({.count = 412, .tokens = 2468, .seconds = 2, .share = 0.25}),
            "score 25 %  412 lines  1234 tokens/s  0:06 left");
  // Half of it was there when the run began.
  EXPECT_EQ(ScoreProgressLine(
                {.count = 1, .tokens = 20, .seconds = 2, .share = 0.75, .first_share = 0.5}),
            "score 75 %  1 line  10 tokens/s  0:02 left");
}

TEST(ScoreProgressLineTest, OfAPipeSaysWhatIsDone) {
  EXPECT_EQ(ScoreProgressLine({.count = 7, .tokens = 20, .seconds = 2}),
            "score 7 lines  10 tokens/s");
}

}  // namespace
}  // namespace sotto
