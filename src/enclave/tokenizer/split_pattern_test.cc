#include "enclave/tokenizer/split_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.h"
#include "enclave/tokenizer/unicode_classes.h"
#include "enclave/tokenizer/utf8.h"
#include "testing/test_data.h"

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
  const absl::Status status =
      split.Split(text, [&](std::string_view piece) { pieces.emplace_back(piece); });
  EXPECT_TRUE(status.ok()) << status;
  return pieces;
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
  const SplitPattern split = Compile("(?:(a)|b)*[cd]", GetParam());
  const std::string text(1 << 20, 'a');
  const absl::Status status = split.Split(text, [](std::string_view) {});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("limit"));
}

TEST_P(EngineTest, ExponentialBacktrackingIsAnError) {
  const SplitPattern split = Compile("(?:a+)+$", GetParam());
  std::string text(40, 'a');
  text.push_back('b');
  EXPECT_EQ(split.Split(text, [](std::string_view) {}).code(), absl::StatusCode::kInvalidArgument);
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

TEST(UnicodeClassesTest, RefusesWhatMayMeanSomethingElse) {
  for (const char* pattern :
       {"\\w", "\\d", "\\p{Lu}", "[\\S]", "[[:alpha:]]", "[a&&b]", "\\h", "a\\"}) {
    EXPECT_EQ(WithCurrentClasses(pattern).status().code(), absl::StatusCode::kUnimplemented)
        << pattern;
  }
}

// Every code point, against the reference's classes.
TEST(UnicodeClassesTest, AgreesWithTheReference) {
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
    for (uint32_t c = 0; c < expected.size(); ++c) {
      if ((c >= 0xd800 && c < 0xe000) || c == '|') continue;
      ASSERT_EQ(IsMember(split, c), expected[c]) << name << " " << std::hex << c;
    }
  }
}

}  // namespace
}  // namespace sotto
