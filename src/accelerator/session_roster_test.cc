#include "accelerator/session_roster.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "gtest/gtest.h"

namespace sotto {
namespace {

const absl::Status kWhy = absl::UnavailableError("it is shutting down");

TEST(SessionRosterTest, TellsEachWhyAndOutlastsTheTelling) {
  SessionRoster roster;
  std::atomic<int> told{0};
  const auto tell = [&](const absl::Status& why) {
    EXPECT_EQ(why, kWhy);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ++told;
  };
  {
    const SessionRoster::Entry first(roster, tell), second(roster, tell);
    roster.StopAll(kWhy);
    roster.StopAll(kWhy);
    const SessionRoster::Entry late(roster, tell);
  }
  EXPECT_EQ(told, 3);
}

}  // namespace
}  // namespace sotto
