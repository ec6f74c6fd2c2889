#include "base/memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <span>
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
