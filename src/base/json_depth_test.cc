#include "base/json_depth.h"

#include <gtest/gtest.h>

#include <string>

namespace sotto {
namespace {

std::string Nested(size_t levels, std::string_view open, std::string_view close) {
  std::string text;
  for (size_t i = 0; i < levels; ++i) text += open;
  text += "1";
  for (size_t i = 0; i < levels; ++i) text += close;
  return text;
}

TEST(JsonDepth, TheLimitIsTheDeepestThatIsLetThrough) {
  EXPECT_TRUE(CheckJsonDepth(Nested(kMaxJsonDepth, "[", "]"), "F").ok());
  EXPECT_TRUE(CheckJsonDepth(Nested(kMaxJsonDepth, "{\"a\":", "}"), "F").ok());
  const absl::Status status = CheckJsonDepth(Nested(kMaxJsonDepth + 1, "[", "]"), "F");
  EXPECT_EQ(status, absl::InvalidArgumentError("F: nests deeper than 64 levels, at byte 64"));
  EXPECT_FALSE(CheckJsonDepth(Nested(kMaxJsonDepth / 2 + 1, "[{\"a\":", "}]"), "F").ok());
}

TEST(JsonDepth, WidthIsNotDepth) {
  std::string wide = "[";
  for (int i = 0; i < 100000; ++i) wide += "[{}],";
  EXPECT_TRUE(CheckJsonDepth(wide + "0]", "F").ok());
}

TEST(JsonDepth, BracketsInStringsDoNotCount) {
  const std::string many(1000, '[');
  EXPECT_TRUE(CheckJsonDepth("[\"" + many + "\"]", "F").ok());
  EXPECT_TRUE(CheckJsonDepth(R"(["\")" + many + R"("])", "F").ok());
  // An escaped backslash ends no escape: the string is over.
  EXPECT_FALSE(CheckJsonDepth(R"(["\\")" + many, "F").ok());
}

TEST(JsonDepth, AZeroByteIsNoEnd) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(CheckJsonDepth("{\"a\":1}\0{"sv, "F"),
            absl::InvalidArgumentError("F: not valid JSON, at byte 7"));
  EXPECT_EQ(CheckJsonDepth("\0"sv, ""), absl::InvalidArgumentError("not valid JSON, at byte 0"));
}

// A parser stops at the first mistake, with what it has opened by then.
TEST(JsonDepth, TextThatIsNotJsonIsSafeToo) {
  EXPECT_FALSE(CheckJsonDepth(std::string(2 << 20, '['), "F").ok());
  EXPECT_TRUE(CheckJsonDepth(std::string(2 << 20, ']'), "F").ok());
  EXPECT_TRUE(CheckJsonDepth("", "F").ok());
  EXPECT_TRUE(CheckJsonDepth("\"abc", "F").ok());
  EXPECT_TRUE(CheckJsonDepth("\"abc\\", "F").ok());
  EXPECT_FALSE(CheckJsonDepth("]]" + std::string(65, '['), "F").ok());
}

}  // namespace
}  // namespace sotto
