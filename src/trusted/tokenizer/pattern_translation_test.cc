#include "trusted/tokenizer/pattern_translation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "trusted/tokenizer/split_pattern.h"

namespace sotto {
namespace {

using testing::ElementsAre;

std::vector<std::string> Matches(std::string_view pattern, std::string_view text) {
  const auto split = SplitPattern::Compile(pattern);
  EXPECT_TRUE(split.ok()) << pattern << ": " << split.status();
  std::vector<std::string> found;
  MatchBudget budget(text.size());
  const auto status = split->EachMatch(text, budget, [&](PatternMatch match) {
    if (match.matched) found.emplace_back(match.text);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return found;
}

// Each of these means something else to PCRE2, or nothing.
TEST(PatternTranslationTest, RubysSyntax) {
  EXPECT_THAT(Matches("a{1,2}+", "aaaab"), ElementsAre("aaaa"));  // Not possessive.
  EXPECT_THAT(Matches("a{,2}", "aaa"), ElementsAre("aa", "a"));
  EXPECT_THAT(Matches("a{2}?b", "ab"), ElementsAre("b"));  // Two, or none.
  EXPECT_THAT(Matches("a{2,2}?b", "ab aab"), ElementsAre("aab"));
  EXPECT_THAT(Matches("a{2,3}?", "aaaa"), ElementsAre("aa", "aa"));
  EXPECT_THAT(Matches("a{2}?+b", "aaaab"), ElementsAre("aab"));
  EXPECT_THAT(Matches("a{2}{3}", "aaaaaaaa"), ElementsAre("aaaaaa"));
  EXPECT_THAT(Matches("a+*b", "aab b"), ElementsAre("aab", "b"));
  EXPECT_THAT(Matches("^b|a$", "a\nb\n"), ElementsAre("a", "b"));
  EXPECT_THAT(Matches("(?m:.)", "\n"), ElementsAre("\n"));
  EXPECT_THAT(Matches(".", "\r\n"), ElementsAre("\r"));
  EXPECT_THAT(Matches("\\h+", "xfgF0"), ElementsAre("f", "F0"));
  EXPECT_THAT(Matches("\\u0061", "a"), ElementsAre("a"));
  EXPECT_THAT(Matches("a++b", "aab"), ElementsAre("aab"));
  EXPECT_THAT(Matches("\\bab\\b", "ab aba"), ElementsAre("ab"));
}

TEST(PatternTranslationTest, Classes) {
  EXPECT_THAT(Matches("[a-c&&[^b]]+", "abc"), ElementsAre("a", "c"));
  EXPECT_THAT(Matches("[\\p{L}[1-2]]+", "a13b"), ElementsAre("a1", "b"));
  EXPECT_THAT(Matches("[^\\S\\n]+", " \n\t"), ElementsAre(" ", "\t"));
  EXPECT_THAT(Matches("[^\\P{L}a]+", "ab1c"), ElementsAre("b", "c"));
  EXPECT_THAT(Matches("[[:punct:]]+", "a!$b"), ElementsAre("!$"));
  EXPECT_THAT(Matches("[]a]+", "]a["), ElementsAre("]a"));
  EXPECT_THAT(Matches("[\\]\\-a]+", "]-a"), ElementsAre("]-a"));
  EXPECT_THAT(Matches("[!-]+", "!-a"), ElementsAre("!-"));
  EXPECT_THAT(Matches("\\p{^L}", "a1"), ElementsAre("1"));
  EXPECT_THAT(Matches("\\p{Han}+|\\p{Uppercase_Letter}", "aA\u4f60\U00031350"),
              ElementsAre("A", "\u4f60\U00031350"));
}

// Unicode 16 moved this one from Mn to Mc.
TEST(PatternTranslationTest, CharactersThatChangedTheirClass) {
  EXPECT_THAT(Matches("\\p{Mn}|[\\p{Mn}x]", "\U0001171e"), ElementsAre());
  EXPECT_THAT(Matches("\\p{Mc}", "\U0001171e"), ElementsAre("\U0001171e"));
  EXPECT_THAT(Matches("\\P{Mn}", "\U0001171e"), ElementsAre("\U0001171e"));
  EXPECT_THAT(Matches("\\p{Cn}", "\U0001ccf0\U0001fffe"), ElementsAre("\U0001fffe"));
}

TEST(PatternTranslationTest, PosixClassesAndBinaryProperties) {
  const std::string_view text = "aA\u00aa \u2028\u00a0\x01\u00ad\u0378\ue000\U00010d70\U00010d50";
  EXPECT_THAT(Matches("[[:lower:]]", text), ElementsAre("a", "\u00aa", "\U00010d70"));
  EXPECT_THAT(Matches("[[:upper:]]", text), ElementsAre("A", "\U00010d50"));
  EXPECT_THAT(Matches("[[:^print:]]", text), ElementsAre("\u2028", "\x01", "\u0378"));
  EXPECT_THAT(Matches("[[:^graph:]]", text),
              ElementsAre(" ", "\u2028", "\u00a0", "\x01", "\u0378"));
  EXPECT_THAT(Matches("[[:ascii:]]+", text), ElementsAre("aA", " ", "\x01"));
  EXPECT_THAT(Matches("\\p{Lower}|\\p{Uppercase}", text),
              ElementsAre("a", "A", "\u00aa", "\U00010d70", "\U00010d50"));
  EXPECT_THAT(Matches("\\P{Assigned}|\\p{Default_Ignorable_Code_Point}", text),
              ElementsAre("\u00ad", "\u0378"));
  EXPECT_THAT(Matches("\\p{Emoji_Presentation}|\\p{ID Start}", "\U0001fae8 x1"),
              ElementsAre("\U0001fae8", "x"));
}

TEST(PatternTranslationTest, CaseIsIgnoredAsUnicode16Folds) {
  EXPECT_THAT(Matches("(?i:'s|'re)", "'S 'rE 'x '\u017f"), ElementsAre("'S", "'rE", "'\u017f"));
  EXPECT_THAT(Matches("(?i)K", "kK\u212ax"), ElementsAre("k", "K", "\u212a"));
  EXPECT_THAT(Matches("(?i:\u1c89|\\x{a7cb})", "\u1c8a\u0264\u1c89"),
              ElementsAre("\u1c8a", "\u0264", "\u1c89"));
  EXPECT_THAT(Matches("(?i:a(?-i:b)c)", "AbC aBc"), ElementsAre("AbC"));
  EXPECT_THAT(Matches("(?i-m:a.)|b", "A\nAxB"), ElementsAre("Ax"));
  // A class matches both cases of what it holds as a whole, a property alone does not.
  EXPECT_THAT(Matches("(?i:[\\p{Lu}])", "aA1\u00e9"), ElementsAre("a", "A", "\u00e9"));
  EXPECT_THAT(Matches("(?i:\\p{Lu}|[[:^upper:]&&[b-z]])", "aAcC"), ElementsAre("A", "c", "C"));
  EXPECT_THAT(Matches("(?i:[^\\p{Lu}])", "aA1"), ElementsAre("1"));
  EXPECT_THAT(Matches("(?i:[[^\\p{Lu}]])", "aA1"), ElementsAre("a", "A", "1"));
  EXPECT_THAT(Matches("(?i:[a-z&&[^b]])", "AbB\u017f"), ElementsAre("A", "\u017f"));
  EXPECT_THAT(Matches("[\\p{Lu}]", "aA"), ElementsAre("A"));
}

TEST(PatternTranslationTest, OneCharacterMayEqualSeveral) {
  EXPECT_THAT(Matches("(?i:\u00df)", "ssx\u1e9eS"), ElementsAre("ss", "\u1e9e"));
  EXPECT_THAT(Matches("(?i:sss)", "\u00dfs s\u00df SSS"), ElementsAre("\u00dfs", "SSS"));
  EXPECT_THAT(Matches("(?i:ss+)", "\u00df Sss"), ElementsAre("Sss"));  // The last is by itself.
  EXPECT_THAT(Matches("(?i:\\x73\\x73)", "\u00df"), ElementsAre("\u00df"));
  EXPECT_THAT(Matches("(?i:ffi)", "\ufb03 \ufb00i"), ElementsAre("\ufb03"));
  EXPECT_THAT(Matches("(?i:[\u00df])", "ssx\u1e9eS"), ElementsAre("ss", "\u1e9e"));
  EXPECT_THAT(Matches("(?i:[^\u00df])", "ss\u1e9e"), ElementsAre("s", "s"));
  EXPECT_THAT(Matches("(?i:[\\p{L}])1", "ss1"), ElementsAre("ss1"));
  EXPECT_THAT(Matches("(?i:[\\p{L}]+)1", "xss1"), ElementsAre("xss1"));
  // Not in a look-behind.
  EXPECT_THAT(Matches("(?<=(?i:\u00df))x", "ssx\u1e9ex"), ElementsAre("x"));
}

TEST(PatternTranslationTest, EscapedPatternsMatchThemselves) {
  const std::string all = "\\^$.|?*+()[]{}-#&~ \n\u2581a";
  const auto split = SplitPattern::CompilePcre2(EscapedPattern(all));
  ASSERT_TRUE(split.ok()) << split.status();
  MatchBudget budget(all.size());
  int matches = 0;
  ASSERT_TRUE(split
                  ->EachMatch(all, budget,
                              [&](PatternMatch match) {
                                matches += match.matched && match.text == all;
                                return absl::OkStatus();
                              })
                  .ok());
  EXPECT_EQ(matches, 1);
}

// As Oniguruma does.
TEST(PatternTranslationTest, TakesAnchorsThatAQuantifierReachesThroughAGroup) {
  for (const char* pattern :
       {"(^)*",      "((?=a))*",   "(?>(?=a))*",      "(?i:(?=a))*", "(?:^a)*",
        "(?:a^)*",   "(?:^$)*",    "(?:(?:a|^)b)*",   "a**",         "a{2}{3}",
        "(?:)*",     "(?=a){x",    "(?<!(?:a))b",     "(?<=(a))b",   "(?<!(?<!a)b)c",
        "(?<!\\b)b", "(?=(?!a))b", "(?<=\\s)(?!\\S)", "[\\w-]",      "[-\\w]",
        "[a-[b]]",   "[\\d-&&a]",  "[[a]-z]",         "[a-c-e]",     "[--a]",
        "[+--]"}) {
    const auto split = SplitPattern::Compile(pattern);
    EXPECT_TRUE(split.ok()) << pattern << ": " << split.status();
  }
}

TEST(PatternTranslationTest, RefusesWhatMayMeanSomethingElse) {
  for (const char* pattern : {"\\X", "\\R", "\\G", "\\K", "\\1", "\\g<a>", "(?x)a", "(?~a)",
                              "(*UTF)a", "a(?i)b", "\\xff", "a\\", "(?<n>a)", "(?(1)a)"}) {
    EXPECT_EQ(ToPcre2(pattern).status().code(), absl::StatusCode::kUnimplemented) << pattern;
  }
  for (const char* pattern : {"[a", "[a&&", "[[a]"}) {
    EXPECT_EQ(ToPcre2(pattern).status().code(), absl::StatusCode::kInvalidArgument) << pattern;
  }
  // Oniguruma refuses each, where PCRE2 would not.
  for (const char* pattern : {"(?=a)*",
                              "(?!a)+",
                              "(?<=a)?",
                              "(?<!a){2}",
                              "(?=a){,3}",
                              "^*",
                              "$+",
                              "\\b?",
                              "\\B*",
                              "\\A*",
                              "\\z{2}",
                              "(?:(?=a))*",
                              "(?:^)?",
                              "(?:(?:^))*",
                              "(?:^|a)*",
                              "(?:a|^)+",
                              "(?:a|(?:^))*",
                              "*a",
                              "a|+",
                              "(?:{2})",
                              "(?i)*",
                              "(?<!(a))b",
                              "(?<!a|(b))c",
                              "(?<!(?i:(a)))b",
                              "(?<!(?<=(a))b)c",
                              "(?<=(?!a)b)c",
                              "(?<!a(?=b))c",
                              "(?<=(?<!a))b",
                              "(?<=(?<=(?!a)b)c)d",
                              "[a-\\d]",
                              "[\\d-a]",
                              "[\\d-[a]]",
                              "[\\p{L}-z]",
                              "[[:alpha:]-a]",
                              "[a-[:alpha:]]",
                              "[\\d--a]"}) {
    EXPECT_EQ(ToPcre2(pattern).status().code(), absl::StatusCode::kInvalidArgument) << pattern;
  }
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "[a";
  EXPECT_FALSE(ToPcre2(deep).ok());
}

}  // namespace
}  // namespace sotto
