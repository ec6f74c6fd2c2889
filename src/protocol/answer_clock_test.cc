#include "protocol/answer_clock.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sotto {
namespace {

using std::chrono::microseconds;
using Clock = AnswerClock::Clock;

const Clock::time_point kStart{std::chrono::seconds(100)};
constexpr uint64_t kBytes = 1000, kOtherBytes = 2000;

// Looks as ShmTransport does until the answer is there; what a spin takes is one microsecond.
struct Wait {
  int sleeps = 0;
  Clock::duration noticed{};
};
Wait WaitForAnswer(AnswerClock& clock, uint64_t sequence, uint64_t bytes, Clock::duration taken) {
  Wait wait;
  clock.Sent(sequence, bytes, kStart);
  Clock::time_point now = kStart;
  while (now < kStart + taken) {
    const Clock::duration sleep = clock.UntilNextLook(now);
    if (sleep > Clock::duration::zero()) ++wait.sleeps;
    now += std::max<Clock::duration>(sleep, microseconds(1));
  }
  wait.noticed = now - kStart;
  clock.Answered(sequence, now);
  return wait;
}

TEST(AnswerClockTest, SpinsWhenNothingIsUnderWayOrAnswersComeSoon) {
  AnswerClock clock;
  EXPECT_EQ(clock.UntilNextLook(kStart), Clock::duration::zero());
  for (uint64_t i = 1; i < 5; ++i) {
    EXPECT_EQ(WaitForAnswer(clock, i, kBytes, microseconds(40)).sleeps, 0);
  }
}

TEST(AnswerClockTest, LooksFewTimesOnceItKnowsTheTime) {
  AnswerClock clock;
  WaitForAnswer(clock, 1, kBytes, microseconds(20'000));
  for (uint64_t i = 2; i < 20; ++i) {
    const Wait wait = WaitForAnswer(clock, i, kBytes, microseconds(20'000));
    // Three quarters of what is left, cut at 10 ms: 10 + 7.4 + ..., the shortest sleeps at the end.
    EXPECT_LE(wait.sleeps, 12) << i;
    EXPECT_LE(wait.noticed, microseconds(20'000 + 20'000 / 8)) << i;
  }
}

TEST(AnswerClockTest, FollowsAPeerThatBecomesFasterOrSlower) {
  AnswerClock clock;
  uint64_t sequence = 0;
  for (const int taken_us : {1'000, 100'000, 8'000}) {
    for (int i = 0; i < 12; ++i) {
      WaitForAnswer(clock, ++sequence, kBytes, microseconds(taken_us));
    }
    const Wait wait = WaitForAnswer(clock, ++sequence, kBytes, microseconds(taken_us));
    EXPECT_LE(wait.noticed, microseconds(taken_us + taken_us / 4)) << taken_us;
  }
}

TEST(AnswerClockTest, KnowsSizesApartAndGoesByTheOldest) {
  AnswerClock clock;
  WaitForAnswer(clock, 1, kBytes, microseconds(30));
  WaitForAnswer(clock, 2, kOtherBytes, microseconds(8'000));
  clock.Sent(3, kOtherBytes, kStart);
  clock.Sent(4, kBytes, kStart);
  EXPECT_GE(clock.UntilNextLook(kStart), microseconds(5'500));
  clock.Answered(3, kStart);
  EXPECT_EQ(clock.UntilNextLook(kStart), Clock::duration::zero());
}

TEST(AnswerClockTest, NeverSleepsLongerThanItsLimitWhateverThePeerDid) {
  AnswerClock clock;
  WaitForAnswer(clock, 1, kBytes, std::chrono::seconds(50));
  clock.Sent(2, kBytes, kStart);
  EXPECT_EQ(clock.UntilNextLook(kStart), AnswerClock::kLongestSleep);
  EXPECT_EQ(clock.UntilNextLook(kStart + std::chrono::hours(1)), AnswerClock::kLongestSleep);
}

TEST(AnswerClockTest, IgnoresAnswersItDoesNotKnow) {
  AnswerClock clock;
  clock.Answered(7, kStart);
  EXPECT_EQ(clock.UntilNextLook(kStart), Clock::duration::zero());
}

}  // namespace
}  // namespace sotto
