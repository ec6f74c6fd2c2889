#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace sotto {
namespace {

std::string Lossy(std::string_view bytes, size_t* used = nullptr) {
  std::string out;
  const size_t n = AppendLossyUtf8(bytes, out);
  if (used != nullptr) *used = n;
  return out;
}

TEST(Utf8Test, EveryScalarValueRoundTrips) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::string text;
    AppendUtf8(c, text);
    const Utf8Step step = NextUtf8(text);
    ASSERT_EQ(step.kind, Utf8Step::kCharacter) << std::hex << uint32_t{c};
    ASSERT_EQ(step.length, text.size());
    ASSERT_EQ(step.character, c);
  }
}

// Unicode 16, table 3-7: what is not in it is invalid. Every two-byte beginning, exhaustively.
TEST(Utf8Test, SecondBytesAreThoseOfTheTable) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const char bytes[] = {static_cast<char>(a), static_cast<char>(b)};
      const Utf8Step step = NextUtf8({bytes, 2});
      if (a < 0x80) {
        EXPECT_EQ(step.kind, Utf8Step::kCharacter);
        continue;
      }
      int low = 0x80, high = 0xbf;
      if (a == 0xe0) low = 0xa0;
      if (a == 0xed) high = 0x9f;
      if (a == 0xf0) low = 0x90;
      if (a == 0xf4) high = 0x8f;
      const bool valid = a >= 0xc2 && a <= 0xf4 && b >= low && b <= high;
      const auto expected = !valid     ? Utf8Step::kInvalid
                            : a < 0xe0 ? Utf8Step::kCharacter
                                       : Utf8Step::kIncomplete;
      ASSERT_EQ(step.kind, expected) << a << " " << b;
      ASSERT_EQ(step.length, valid ? 2 : 1);
    }
  }
}

TEST(Utf8Test, ValidPrefixEndsAtTheFirstBadByte) {
  const std::string good = "plain ASCII, é, 你好, 🙂 and more ASCII";
  EXPECT_EQ(ValidUtf8Prefix(good), good.size());
  EXPECT_EQ(ValidUtf8Prefix(""), 0);
  for (size_t at = 0; at <= good.size(); ++at) {
    if (at < good.size() && (static_cast<uint8_t>(good[at]) & 0xc0) == 0x80) continue;
    std::string bad = good.substr(0, at);
    bad.push_back('\xff');
    EXPECT_EQ(ValidUtf8Prefix(bad.append(good.substr(at))), at);
  }
}

TEST(Utf8Test, OneReplacementForEachMaximalSubpart) {
  // The example of Unicode 16, table 3-11.
  EXPECT_EQ(Lossy("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"),
            "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\x41");
  EXPECT_EQ(Lossy("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Utf8Test, IncompleteEndIsLeftAlone) {
  size_t used = 0;
  EXPECT_EQ(Lossy("a\xf0\x9f\x99", &used), "a");
  EXPECT_EQ(used, 1);
}

}  // namespace
}  // namespace sotto
