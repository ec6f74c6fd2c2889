#include "base/memory.h"

#include <gtest/gtest.h>

#include <string>

namespace sotto {
namespace {

TEST(MemoryTest, SomethingIsAvailable) { EXPECT_GT(AvailableMemoryBytes(), 1'000'000u); }

TEST(MemoryTest, SaysHowMuchIsMissing) {
  EXPECT_TRUE(CheckMemoryFits("the run", 100, 100).ok());
  const absl::Status status = CheckMemoryFits("the run", 12'340'000'000, 2'000'000'000);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::string(status.message()), "the run needs 12.3 GB of memory; 2.0 GB are available");
}

}  // namespace
}  // namespace sotto
