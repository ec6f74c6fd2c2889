#include "base/secret_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

#include "testing/sanitizer.h"

namespace sotto {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBuffer>);
static_assert(!std::is_copy_assignable_v<SecretBuffer>);

TEST(SecretBuffer, StartsZeroMovesAndWipes) {
  SecretBuffer a(5000);
  EXPECT_TRUE(std::ranges::all_of(a.span(), [](uint8_t b) { return b == 0; }));
  a.span()[4999] = 7;
  SecretBuffer b = std::move(a);
  // That a moved-from buffer is empty is what is tested.
  EXPECT_EQ(a.size(), 0u);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(b.span()[4999], 7);
  b.Wipe();
  EXPECT_EQ(b.span()[4999], 0);
  EXPECT_EQ(b.size(), 5000u);
}

// The lines of /proc/self/smaps on the mapping that begins at `address`; empty when there is none.
std::string MappingAt(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  std::ostringstream begin;
  begin << std::hex << reinterpret_cast<uintptr_t>(address) << '-';
  std::string lines;
  for (std::string line; std::getline(smaps, line);) {
    const bool header =
        line.find(" r") != std::string::npos || line.find(" -") != std::string::npos;
    if (header && lines.empty() && line.starts_with(begin.str())) {
      lines = line + '\n';
    } else if (!lines.empty()) {
      lines += line + '\n';
      if (line.starts_with("VmFlags:")) break;
    }
  }
  return lines;
}

TEST(SecretBuffer, IsKeptOutOfCoreDumps) {
  const SecretBuffer buffer(100);
  EXPECT_THAT(MappingAt(buffer.span().data()), testing::HasSubstr(" dd"));  // MADV_DONTDUMP
}

TEST(SecretBuffer, IsLockedWhereTheSystemPermits) {
  if (kUnderSanitizer) GTEST_SKIP() << "a sanitizer makes mlock(2) do nothing";
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
  if (geteuid() != 0 && limit.rlim_cur < (1 << 16)) GTEST_SKIP() << "RLIMIT_MEMLOCK is too small";
  const SecretBuffer buffer(100);
  EXPECT_THAT(MappingAt(buffer.span().data()), testing::HasSubstr(" lo"));  // VM_LOCKED
}

TEST(SecretBuffer, LeavesNothingBehind) {
  const void* address = nullptr;
  {
    const SecretBuffer buffer(100);
    address = buffer.span().data();
    EXPECT_NE(MappingAt(address), "");
  }
  EXPECT_EQ(MappingAt(address), "");
}

}  // namespace
}  // namespace sotto
