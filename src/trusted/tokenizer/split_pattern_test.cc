#include "trusted/tokenizer/split_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/utf8.h"
#include "testing/sanitizer.h"
#include "testing/test_data.h"
#include "trusted/tokenizer/unicode_additions.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Engine = SplitPattern::Engine;

SplitPattern Compile(std::string_view pattern, Engine engine = Engine::kJit) {
  auto split = SplitPattern::Compile(pattern, engine);
  EXPECT_TRUE(split.ok()) << split.status();
  return *std::move(split);
}

std::vector<std::string> Pieces(const SplitPattern& split, std::string_view text) {
  std::vector<std::string> pieces;
  MatchBudget budget(text.size());
  const absl::Status status = split.EachMatch(text, budget, [&](PatternMatch match) {
    if (!match.text.empty()) pieces.emplace_back(match.text);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return pieces;
}

absl::Status IgnoreMatch(PatternMatch) { return absl::OkStatus(); }

absl::Status Refusal(const SplitPattern& split, std::string_view text) {
  MatchBudget budget(text.size());
  return split.EachMatch(text, budget, IgnoreMatch);
}

bool IsMember(const SplitPattern& split, char32_t c) {
  std::string text = "|";  // Member of none of the classes: splits off.
  AppendUtf8(c, text);
  return Pieces(split, text).size() == 2;
}

class EngineTest : public testing::TestWithParam<Engine> {};

TEST_P(EngineTest, MatchesAndWhatIsBetweenThem) {
  EXPECT_THAT(Pieces(Compile("[0-9]+", GetParam()), "ab12c3"), ElementsAre("ab", "12", "c", "3"));
  EXPECT_THAT(Pieces(Compile("x", GetParam()), "abc"), ElementsAre("abc"));
  EXPECT_THAT(Pieces(Compile("x", GetParam()), ""), ElementsAre());
}

TEST_P(EngineTest, EmptyMatchesCut) {
  EXPECT_THAT(Pieces(Compile("(?=b)", GetParam()), "abé"), ElementsAre("a", "bé"));
}

// A group's repetition needs stack in proportion to the text, more than machine code gets; the
// interpreter, with its stack on the heap, ends it with an error instead of the process.
TEST_P(EngineTest, DeepBacktrackingIsAnError) {
  const absl::Status status =
      Refusal(Compile("(?:(a)|b)*[cd]", GetParam()), std::string(1 << 20, 'a'));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("limit"));
}

// Some of these need steps, some look far; none is refused for either by PCRE2's own limits, which
// hold for one attempt at one place.
TEST_P(EngineTest, BacktrackingWithoutEndIsAnError) {
  std::string lookaheads;
  for (int i = 0; i < 500; ++i) lookaheads += "(?=a*)";
  const std::string text(2600, 'a');
  for (const std::string& pattern :
       {std::string("(?:a+)+x"), std::string("(?:a*)*b"), std::string("a*a*b"),
        std::string("a*a*a*b"), std::string("\\p{L}*+1|\\p{L}"), lookaheads + "x|a"}) {
    const absl::Status status = Refusal(Compile(pattern, GetParam()), text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << pattern.substr(0, 20);
    EXPECT_THAT(std::string(status.message()), HasSubstr("limit")) << pattern.substr(0, 20);
  }
}

// One budget for all stretches of a text: what one may cost, a thousand may not.
TEST_P(EngineTest, StretchesShareTheirTextsBudget) {
  const SplitPattern split = Compile("a*a*a*[bc]", GetParam());
  const std::string stretch(20, 'a');
  MatchBudget own(stretch.size()), shared(1000 * stretch.size());
  EXPECT_TRUE(split.EachMatch(stretch, own, IgnoreMatch).ok());
  int stretches = 0;
  while (stretches < 1000 && split.EachMatch(stretch, shared, IgnoreMatch).ok()) ++stretches;
  EXPECT_GT(stretches, 1);
  EXPECT_LT(stretches, 1000);
}

// Pieces far longer than a window of the matcher, and gaps without a match.
TEST_P(EngineTest, LongPiecesStayWhole) {
  const SplitPattern split = Compile(R"( ?\p{L}+|\s*[\r\n]+|\s+(?!\S)|\s+)", GetParam());
  for (const size_t n : {126, 127, 128, 129, 511, 512, 513, 5000, 1 << 20}) {
    SCOPED_TRACE(n);
    const std::string letters(n, 'x'), spaces(n, ' '), digits(n, '1');
    std::string umlauts;
    for (size_t i = 0; i < n; ++i) umlauts += "\u00e4";
    EXPECT_THAT(Pieces(split, letters), ElementsAre(letters));
    EXPECT_THAT(Pieces(split, umlauts + "1"), ElementsAre(umlauts, "1"));
    EXPECT_THAT(Pieces(split, spaces + "\n" + spaces + "x"),
                ElementsAre(spaces + "\n", spaces.substr(1), " x"));
    EXPECT_THAT(Pieces(split, digits + letters + spaces), ElementsAre(digits, letters, spaces));
    EXPECT_THAT(Pieces(split, spaces + "1"), ElementsAre(spaces.substr(1), " ", "1"));
  }
}

// What stands before and behind a window counts as it does in the whole text.
TEST_P(EngineTest, AssertionsSeeTheWholeText) {
  const std::string a(300, 'a');
  EXPECT_THAT(Pieces(Compile("(?<=a)b", GetParam()), a + "b"), ElementsAre(a, "b"));
  EXPECT_THAT(Pieces(Compile("a+$", GetParam()), a), ElementsAre(a));
  EXPECT_THAT(Pieces(Compile("$", GetParam()), a), ElementsAre(a));
  EXPECT_THAT(Pieces(Compile("(?=b)", GetParam()), a + "b"), ElementsAre(a, "b"));
}

INSTANTIATE_TEST_SUITE_P(All, EngineTest, testing::Values(Engine::kJit, Engine::kInterpreter),
                         [](const auto& info) {
                           return info.param == Engine::kJit ? "Jit" : "Interpreter";
                         });

TEST(SplitPatternTest, InterpreterIsAskedForAndUsed) {
  EXPECT_FALSE(Compile("a", Engine::kInterpreter).jit());
}

TEST(UnicodeClassesTest, CharactersOfNewUnicodeVersions) {
  const SplitPattern letters = Compile("\\p{L}"), numbers = Compile("\\p{N}");
  EXPECT_TRUE(IsMember(letters, U'a'));
  EXPECT_TRUE(IsMember(letters, 0x1c89));   // Unicode 16: Cyrillic capital letter Tje
  EXPECT_TRUE(IsMember(letters, 0x2ebf0));  // Unicode 15.1: CJK extension I
  EXPECT_TRUE(IsMember(numbers, 0x1ccf0));  // Unicode 16: outlined digit zero
  EXPECT_FALSE(IsMember(letters, U'1'));
}

TEST(UnicodeClassesTest, MongolianVowelSeparatorIsNoSpace) {
  EXPECT_FALSE(IsMember(Compile("\\s"), 0x180e));
  EXPECT_TRUE(IsMember(Compile("[^\\s\\p{L}\\p{N}|]"), 0x180e));
  EXPECT_TRUE(IsMember(Compile("\\s"), 0x85));
}

// Oniguruma's \w is of one kind by itself and of another between brackets.
TEST(UnicodeClassesTest, SuperscriptsAreWordsOutsideOfBracketsOnly) {
  for (const char32_t c : {U'\u00b2', U'\u00b3', U'\u00b9', U'\u00bc', U'\u00be'}) {
    for (const char* pattern :
         {"\\w", "(?:\\w)", "\\p{Word}", "\\b.\\b", "[^\\w|]", "[\\W&&[^|]]", "[^[:word:]|]"}) {
      EXPECT_TRUE(IsMember(Compile(pattern), c)) << pattern;
    }
    for (const char* pattern : {"[\\w]", "[\\w\\s]", "[[:word:]a]", "[\\p{Word}]", "[\\w&&[^_]]"}) {
      EXPECT_FALSE(IsMember(Compile(pattern), c)) << pattern;
    }
  }
}

TEST(UnicodeClassesTest, PunctuationByItsPropertyHasNoSymbols) {
  for (const char* pattern : {"\\p{Punct}", "\\p{punct}", "[\\p{Punct}]"}) {
    EXPECT_TRUE(IsMember(Compile(pattern), U'!')) << pattern;
    EXPECT_FALSE(IsMember(Compile(pattern), U'+')) << pattern;
  }
  EXPECT_TRUE(IsMember(Compile("[[:punct:]]"), U'+'));
}

// PCRE2 knows each code, as of an older Unicode.
TEST(UnicodeClassesTest, CodesOfScriptsNameWhatTheirNamesDo) {
  const std::pair<const char*, char32_t> kNewest[] = {
      {"Arab", 0x897},   {"Bali", 0x1b4e},  {"Cyrl", 0x1c89},  {"Deva", 0x11b00}, {"Egyp", 0x1342f},
      {"Gara", 0x10d40}, {"Gukh", 0x16100}, {"Hani", 0x31350}, {"Hira", 0x1b132}, {"Kana", 0x1b155},
      {"Kawi", 0x11f00}, {"Khoj", 0x11240}, {"Kits", 0x18cff}, {"Knda", 0xcf3},   {"Krai", 0x16d40},
      {"Laoo", 0xece},   {"Latn", 0xa7cb},  {"Mymr", 0x116d0}, {"Nagm", 0x1e4d0}, {"Onao", 0x1e5d0},
      {"Sunu", 0x11bc0}, {"Todr", 0x105c0}, {"Tutg", 0x11380}, {"Zyyy", 0x2427}};
  for (const auto& [code, character] : kNewest) {
    EXPECT_TRUE(IsMember(Compile(StrCat("\\p{", code, "}")), character)) << code;
    EXPECT_FALSE(IsMember(Compile("\\p{Zzzz}"), character)) << code;
    EXPECT_FALSE(IsMember(Compile("\\p{Unknown}"), character)) << code;
  }
  EXPECT_TRUE(IsMember(Compile("\\p{Zzzz}"), 0x378));
  size_t scripts = 0;
  for (const UnicodeAddition& row : UnicodeAdditions()) {
    scripts += row.base.empty() || row.base.starts_with("\\p{sc:");
  }
  EXPECT_EQ(scripts, std::size(kNewest));  // A new row needs a code.
}

// Every code point, against the reference's classes; under a sanitizer, which slows it down a
// hundredfold, some of each block.
TEST(UnicodeClassesTest, AgreesWithTheReference) {
  constexpr uint32_t kStep = kUnderSanitizer ? 17 : 1;
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  const auto text = ReadFile(*data + "/unicode/onig_classes.json");
  ASSERT_TRUE(text.ok()) << text.status();
  const auto classes = nlohmann::json::parse(*text);
  for (const auto& [name, pattern] :
       {std::pair("L", "\\p{L}"), std::pair("N", "\\p{N}"), std::pair("s", "\\s")}) {
    std::vector<bool> expected(0x110000);
    for (const auto& range : classes[name]["ranges"]) {
      for (uint32_t c = range[0]; c <= range[1].get<uint32_t>(); ++c) expected[c] = true;
    }
    const SplitPattern split = Compile(pattern);
    for (uint32_t c = 0; c < expected.size(); c += kStep) {
      if ((c >= 0xd800 && c < 0xe000) || c == '|') continue;
      ASSERT_EQ(IsMember(split, c), expected[c]) << name << " " << std::hex << c;
    }
  }
}

}  // namespace
}  // namespace sotto
