#include "trusted/service/rate_limit.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateLimitTest, SoManyAtOnceAndThenSoManyASecond) {
  RateLimit limit(/*per_second=*/2, /*at_once=*/3);
  const RateLimit::Time start(seconds(5));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.Take(start));
  EXPECT_FALSE(limit.Take(start));
  EXPECT_DOUBLE_EQ(limit.SecondsUntilNext(), 0.5);
  EXPECT_FALSE(limit.Take(start + milliseconds(250)));
  EXPECT_DOUBLE_EQ(limit.SecondsUntilNext(), 0.25);
  EXPECT_TRUE(limit.Take(start + milliseconds(500)));
  EXPECT_FALSE(limit.Take(start + milliseconds(500)));
}

TEST(RateLimitTest, SavesUpNoMoreThanAtOnce) {
  RateLimit limit(/*per_second=*/2, /*at_once=*/3);
  const RateLimit::Time start(seconds(5));
  EXPECT_TRUE(limit.Take(start));
  EXPECT_DOUBLE_EQ(limit.SecondsUntilNext(), 0);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.Take(start + seconds(1000)));
  EXPECT_FALSE(limit.Take(start + seconds(1000)));
}

}  // namespace
}  // namespace sotto
