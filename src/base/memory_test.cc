#include "base/memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string>

#include "testing/sanitizer.h"

namespace sotto {
namespace {

TEST(MemoryTest, SomethingIsAvailable) { EXPECT_GT(AvailableMemoryBytes(), 1'000'000u); }

TEST(MemoryTest, SaysHowMuchIsMissing) {
  EXPECT_TRUE(CheckMemoryFits("the run", 100, 100).ok());
  const absl::Status status = CheckMemoryFits("the run", 12'340'000'000, 2'000'000'000);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::string(status.message()), "the run needs 12.3 GB of memory; 2.0 GB is available");
}

TEST(MemoryTest, SizesAreSaidInTheUnitThatFits) {
  EXPECT_EQ(DescribeBytes(0), "0 MB");
  EXPECT_EQ(DescribeBytes(51'600'000), "52 MB");
  EXPECT_EQ(DescribeBytes(999'499'999), "999 MB");
  EXPECT_EQ(DescribeBytes(999'500'000), "1.0 GB");
  EXPECT_EQ(DescribeBytes(3'140'000'000), "3.1 GB");
}

TEST(MemoryTest, PlannedMemoryThatIsNotGivenIsAStatus) {
  const absl::Status status = AllocateAligned<uint8_t>(size_t{1} << 60).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(AllocateAligned<float>(15).ok());
}

// In a process of its own: limits cannot be raised again.
TEST(MemoryTest, AddressSpaceThatIsLimitedIsNotAvailable) {
  if (kUnderSanitizer) GTEST_SKIP() << "a sanitizer needs more address space than this leaves";
  const auto below_limit = [] {
    const rlimit tight{uint64_t{100} << 20, uint64_t{100} << 20};
    setrlimit(RLIMIT_AS, &tight);
    std::_Exit(AvailableMemoryBytes() <= uint64_t{100} << 20 ? 0 : 1);
  };
  EXPECT_EXIT(below_limit(), testing::ExitedWithCode(0), "");
}

TEST(MemoryTest, MemoryThatWasNotPlannedEndsTheProcessWithOneLine) {
  const auto exhaust = [] {
    ExitWhenMemoryRunsOut();
    AlignedAlloc(size_t{1} << 60);
  };
  EXPECT_EXIT(exhaust(), testing::ExitedWithCode(EXIT_FAILURE), "sotto: error: out of memory");
}

TEST(DropWholePagesTest, LeavesPagesThatAreOnlyPartlyMeant) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* const mapping =
      mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapping, MAP_FAILED);
  const std::span<uint8_t> bytes(static_cast<uint8_t*>(mapping), 3 * page);
  std::ranges::fill(bytes, uint8_t{1});
  DropWholePages(bytes.data(), bytes.subspan(1, 3 * page - 2));
  EXPECT_EQ(std::ranges::count(bytes.first(page), 1), page);
  EXPECT_EQ(std::ranges::count(bytes.subspan(page, page), 0), page);
  EXPECT_EQ(std::ranges::count(bytes.last(page), 1), page);
  munmap(mapping, 3 * page);
}

}  // namespace
}  // namespace sotto
