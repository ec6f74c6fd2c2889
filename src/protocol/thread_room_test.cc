#include "protocol/thread_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "testing/sanitizer.h"

namespace sotto {
namespace {

uint64_t AddressSpaceBytes() {
  uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

TEST(ThreadRoomTest, ThereIsRoomOnAnOrdinaryMachine) {
  EXPECT_EQ(TryThreads(0), absl::OkStatus());
  EXPECT_EQ(TryThreads(4), absl::OkStatus());
  EXPECT_EQ(CheckThreadRoom(), absl::OkStatus());
}

// Stacks take address space.
TEST(ThreadRoomTest, SaysHowManyThreadsTheSystemGives) {
  if (kUnderSanitizer) GTEST_SKIP() << "sanitizers take much address space of their own";
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  rlimit tight = before;
  tight.rlim_cur = AddressSpaceBytes() + (uint64_t{64} << 20);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &tight), 0);
  const absl::Status status = TryThreads(1000);
  setrlimit(RLIMIT_AS, &before);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(
      std::string(status.message()),
      testing::MatchesRegex("connections need 1000 threads, but only [0-9]+ could be started: "
                            "Resource temporarily unavailable .*"));
}

}  // namespace
}  // namespace sotto
