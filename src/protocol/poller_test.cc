#include "protocol/poller.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sotto {
namespace {

using std::chrono::microseconds;
using Clock = Poller::Clock;

const Clock::time_point kStart{std::chrono::seconds(100)};
constexpr uint64_t kBytes = 1000, kOtherBytes = 2000;

// Looks as ShmTransport does until the answer is there; what a spin takes is one microsecond.
struct Looks {
  int sleeps = 0;
  Clock::duration noticed{};
};
Looks WaitForAnswer(Poller& poller, uint64_t sequence, uint64_t bytes, Clock::duration taken) {
  Looks looks;
  poller.Sent(sequence, bytes, kStart);
  Clock::time_point now = kStart;
  while (now < kStart + taken) {
    const Clock::duration sleep = poller.UntilNextLook(now);
    if (sleep > Clock::duration::zero()) ++looks.sleeps;
    now += std::max<Clock::duration>(sleep, microseconds(1));
  }
  looks.noticed = now - kStart;
  poller.Answered(sequence, now);
  return looks;
}

TEST(PollerTest, SpinsWhenNothingIsUnderWayOrAnswersComeSoon) {
  Poller poller;
  EXPECT_EQ(poller.UntilNextLook(kStart), Clock::duration::zero());
  for (uint64_t i = 1; i < 5; ++i) {
    EXPECT_EQ(WaitForAnswer(poller, i, kBytes, microseconds(40)).sleeps, 0);
  }
}

TEST(PollerTest, LooksFewTimesOnceItKnowsTheTime) {
  Poller poller;
  WaitForAnswer(poller, 1, kBytes, microseconds(20'000));
  for (uint64_t i = 2; i < 20; ++i) {
    const Looks looks = WaitForAnswer(poller, i, kBytes, microseconds(20'000));
    // Three quarters of what is left, cut at 10 ms: 10 + 7.4 + ..., the shortest sleeps at the end.
    EXPECT_LE(looks.sleeps, 12) << i;
    EXPECT_LE(looks.noticed, microseconds(20'000 + 20'000 / 8)) << i;
  }
}

TEST(PollerTest, FollowsAPeerThatBecomesFasterOrSlower) {
  Poller poller;
  uint64_t sequence = 0;
  for (const int taken_us : {1'000, 100'000, 8'000}) {
    for (int i = 0; i < 12; ++i) {
      WaitForAnswer(poller, ++sequence, kBytes, microseconds(taken_us));
    }
    const Looks looks = WaitForAnswer(poller, ++sequence, kBytes, microseconds(taken_us));
    EXPECT_LE(looks.noticed, microseconds(taken_us + taken_us / 4)) << taken_us;
  }
}

TEST(PollerTest, KnowsSizesApartAndGoesByTheOldest) {
  Poller poller;
  WaitForAnswer(poller, 1, kBytes, microseconds(30));
  WaitForAnswer(poller, 2, kOtherBytes, microseconds(8'000));
  poller.Sent(3, kOtherBytes, kStart);
  poller.Sent(4, kBytes, kStart);
  EXPECT_GE(poller.UntilNextLook(kStart), microseconds(5'500));
  poller.Answered(3, kStart);
  EXPECT_EQ(poller.UntilNextLook(kStart), Clock::duration::zero());
}

TEST(PollerTest, NeverSleepsLongerThanItsLimitWhateverThePeerDid) {
  Poller poller;
  WaitForAnswer(poller, 1, kBytes, std::chrono::seconds(50));
  poller.Sent(2, kBytes, kStart);
  EXPECT_EQ(poller.UntilNextLook(kStart), Poller::kLongestSleep);
  EXPECT_EQ(poller.UntilNextLook(kStart + std::chrono::hours(1)), Poller::kLongestSleep);
}

TEST(PollerTest, IgnoresAnswersItDoesNotKnow) {
  Poller poller;
  poller.Answered(7, kStart);
  EXPECT_EQ(poller.UntilNextLook(kStart), Clock::duration::zero());
}

}  // namespace
}  // namespace sotto
