#include "base/secret_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <type_traits>
#include <utility>

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

}  // namespace
}  // namespace sotto
