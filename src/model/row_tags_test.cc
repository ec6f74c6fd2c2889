#include "model/row_tags.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sotto {
namespace {

TEST(RowTagsTest, KnowsARowAgain) {
  const auto tags = *RowTags::Create({5, 3});
  std::vector<uint8_t> bytes(5 * 40);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i);
  EXPECT_TRUE(tags->Same(0, 0, bytes, 40));
  EXPECT_TRUE(tags->Same(0, 0, bytes, 40));
  const std::span<const uint8_t> all(bytes);
  EXPECT_TRUE(tags->Same(0, 3, all.subspan(120, 40), 40));
  EXPECT_FALSE(tags->Same(0, 2, all.subspan(120, 40), 40));
  EXPECT_TRUE(tags->Same(1, 2, all.subspan(120, 40), 40));  // Of another tensor: never seen.
}

// Any bit of any row.
TEST(RowTagsTest, FindsEveryFlippedBit) {
  for (const size_t row_bytes : {1, 15, 16, 17, 64, 100}) {
    const auto tags = *RowTags::Create({3});
    std::vector<uint8_t> bytes(3 * row_bytes, 0x5a);
    ASSERT_TRUE(tags->Same(0, 0, bytes, row_bytes));
    for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      bytes[bit / 8] ^= 1 << bit % 8;
      EXPECT_FALSE(tags->Same(0, 0, bytes, row_bytes)) << bit;
      bytes[bit / 8] ^= 1 << bit % 8;
    }
    EXPECT_TRUE(tags->Same(0, 0, bytes, row_bytes));
  }
}

// Two threads meet rows for the first time at once, one of them with other bytes: one is told.
TEST(RowTagsTest, OneOfTwoThreadsIsToldOfADifference) {
  constexpr size_t kRows = 1000;
  const auto tags = *RowTags::Create({kRows});
  const std::vector<uint8_t> a(kRows * 16, 1), b(kRows * 16, 2);
  bool same_a = true, same_b = true;
  std::thread other([&] { same_b = tags->Same(0, 0, b, 16); });
  same_a = tags->Same(0, 0, a, 16);
  other.join();
  EXPECT_FALSE(same_a && same_b);
}

}  // namespace
}  // namespace sotto
