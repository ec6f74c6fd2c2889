#include "trusted/api/retry_schedule.h"

#include "gtest/gtest.h"

namespace sotto {
namespace {

using std::chrono::milliseconds;

TEST(RetryScheduleTest, WaitsDoubleUpToTheLongest) {
  RetrySchedule schedule(6, milliseconds(5000), [] { return 0.0; });
  for (const int wait : {1000, 2000, 4000, 5000, 5000, 5000}) {
    EXPECT_EQ(schedule.Next()->wait, milliseconds(wait));
  }
  EXPECT_EQ(schedule.Next(), std::nullopt);
}

TEST(RetryScheduleTest, ChanceShortensByHalfAtMost) {
  RetrySchedule schedule(2, milliseconds(60'000), [] { return 0.999999; });
  EXPECT_EQ(schedule.Next()->wait, milliseconds(500));
  EXPECT_EQ(schedule.Next()->wait, milliseconds(1000));
}

TEST(RetryScheduleTest, ProgressMakesTheNextWaitShortButGivesNoRetryBack) {
  RetrySchedule schedule(3, milliseconds(60'000), [] { return 0.0; });
  schedule.Next();
  schedule.Next();
  schedule.Restart();
  const auto third = schedule.Next();
  EXPECT_EQ(third->wait, milliseconds(1000));
  EXPECT_EQ(third->ToString(), "retrying in 1.0 s (attempt 3 of 3)");
  EXPECT_EQ(schedule.Next(), std::nullopt);
}

TEST(RetryScheduleTest, ManyFailuresDoNotOverflow) {
  RetrySchedule schedule(1000, std::chrono::hours(24), [] { return 0.0; });
  for (int i = 0; i < 1000; ++i) EXPECT_LE(schedule.Next()->wait, std::chrono::hours(24));
}

TEST(RetryScheduleTest, OnlyAbsenceAndSilenceMayPass) {
  EXPECT_TRUE(MayPass(absl::UnavailableError("")));
  EXPECT_TRUE(MayPass(absl::DeadlineExceededError("")));
  for (const absl::Status& status :
       {absl::AbortedError(""), absl::PermissionDeniedError(""), absl::FailedPreconditionError(""),
        absl::ResourceExhaustedError(""), absl::CancelledError(""), absl::OkStatus()}) {
    EXPECT_FALSE(MayPass(status)) << status;
  }
}

}  // namespace
}  // namespace sotto
