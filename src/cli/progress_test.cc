#include "cli/progress.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sotto
