#include "accelerator/idle_watch.h"

#include <future>

#include "gtest/gtest.h"

namespace sotto {
namespace {

using std::chrono::milliseconds;

TEST(IdleWatchTest, EndsASilentSessionOnce) {
  IdleWatch watch(milliseconds(10));
  std::promise<void> cancelled;  // A second call would throw.
  const IdleWatch::Session session(watch, [&] { cancelled.set_value(); });
  cancelled.get_future().get();
  EXPECT_TRUE(session.expired());
  std::this_thread::sleep_for(milliseconds(50));
}

TEST(IdleWatchTest, WhoeverIsServedIsNotSilentHoweverLongItTakes) {
  IdleWatch watch(milliseconds(10));
  IdleWatch::Session busy(watch, [] {});
  {
    const IdleWatch::Session::Work first(busy);
    { const IdleWatch::Session::Work second(busy); }
    // Ten timeouts, seen to have passed by one that is silent.
    for (int i = 0; i < 10; ++i) {
      std::promise<void> cancelled;
      const IdleWatch::Session silent(watch, [&] { cancelled.set_value(); });
      cancelled.get_future().get();
    }
    EXPECT_FALSE(busy.expired());
  }
  while (!busy.expired()) std::this_thread::sleep_for(milliseconds(1));
}

TEST(IdleWatchTest, ASessionThatHasEndedIsForgotten) {
  IdleWatch watch(milliseconds(5));
  for (int i = 0; i < 20; ++i) {
    const IdleWatch::Session session(watch, [] {});
    std::this_thread::sleep_for(milliseconds(i % 3));
  }
}

}  // namespace
}  // namespace sotto
