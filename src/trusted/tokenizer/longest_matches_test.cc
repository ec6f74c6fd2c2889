#include "trusted/tokenizer/longest_matches.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace sotto {
namespace {

constexpr int32_t kNone = LongestMatches::kNone;

int32_t LongestAt(const std::vector<std::string>& keys, std::string_view text) {
  int32_t longest = kNone;
  for (size_t i = 0; i < keys.size(); ++i) {
    const bool longer = longest == kNone || keys[i].size() > keys[longest].size();
    if (text.starts_with(keys[i]) && longer) longest = static_cast<int32_t>(i);
  }
  return longest;
}

TEST(LongestMatchesTest, EmptySet) {
  LongestMatches matches;
  matches.Finish();
  EXPECT_EQ(LongestMatches::Scan(matches, "a").At(0), kNone);
}

TEST(LongestMatchesTest, OfEqualKeysTheFirst) {
  LongestMatches matches;
  EXPECT_EQ(matches.Add("ab", 3), 3);
  EXPECT_EQ(matches.Add("ab", 4), 3);
  EXPECT_EQ(matches.Add("b", 5), 5);
  matches.Finish();
  LongestMatches::Scan scan(matches, "ab");
  EXPECT_EQ(scan.At(0), 3);
  EXPECT_EQ(scan.At(1), 5);
}

// Texts longer than what is read at a time, and not asked about at each place.
TEST(LongestMatchesTest, AgreesWithTheDefinition) {
  std::mt19937 random(16);
  for (int round = 0; round < 100; ++round) {
    const uint32_t letters = 1 + round % 3, longest = 1 + random() % 40;
    const auto word = [&](size_t length) {
      std::string out(length, 'a');
      for (char& c : out) c = static_cast<char>('a' + random() % letters);
      return out;
    };
    std::vector<std::string> keys;
    LongestMatches matches;
    for (int i = 0; i < 12; ++i) {
      keys.push_back(word(1 + random() % longest));
      matches.Add(keys.back(), i);
    }
    matches.Finish();
    const std::string text = word(10'000);
    LongestMatches::Scan scan(matches, text);
    for (size_t at = 0; at < text.size(); at += 1 + random() % 3) {
      ASSERT_EQ(scan.At(at), LongestAt(keys, std::string_view(text).substr(at))) << at;
    }
  }
}

}  // namespace
}  // namespace sotto
