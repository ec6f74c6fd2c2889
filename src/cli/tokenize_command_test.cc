#include "cli/tokenize_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <sstream>
#include <string>

#include "testing/small_tokenizers.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using testing::Not;

class TokenizeLinesTest : public testing::Test {
 protected:
  TokenizeLinesTest() : tokenizer_(*Tokenizer::Parse(ByteLevelJson().dump(), "t.json")) {}

  std::string Run(const std::string& input, const TokenizeJob& flags = {}) {
    std::istringstream in(input);
    std::ostringstream out;
    status_ = TokenizeLines(tokenizer_, flags, in, out);
    return out.str();
  }

  Tokenizer tokenizer_;
  absl::Status status_;
};

TEST_F(TokenizeLinesTest, EncodesEachLine) {
  EXPECT_EQ(Run("{\"text\":\"ab\"}\n\n  \r\n{\"text\":\"\"}\r\n"),
            "{\"ids\":[256]}\n{\"ids\":[]}\n");
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(TokenizeLinesTest, TakesTheTextsThatScoreTakes) {
  EXPECT_EQ(Run("\"ab\"\n{\"prompt\":\"ab\",\"bos\":\"auto\"}\n{\"id\":\"x\",\"text\":\"ab\"}"),
            "{\"ids\":[256]}\n{\"ids\":[260,256]}\n{\"id\":\"x\",\"ids\":[256]}\n");
  EXPECT_TRUE(status_.ok()) << status_;
  EXPECT_EQ(Run("{\"ids\":[256],\"id\":7}", {.decode = true}), "{\"id\":7,\"text\":\"ab\"}\n");
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(TokenizeLinesTest, BosAndPlain) {
  const std::string input = "{\"text\":\"<eot>\"}";
  EXPECT_EQ(Run(input), "{\"ids\":[261]}\n");
  EXPECT_EQ(Run(input, {.encoding = {.bos = BosUse::kAuto}}), "{\"ids\":[260,261]}\n");
  EXPECT_EQ(Run(input, {.encoding = {.bos = BosUse::kNever, .special_tokens = false}}),
            "{\"ids\":[60,101,111,116,62]}\n");
}

TEST_F(TokenizeLinesTest, ALineMaySayItsOwn) {
  EXPECT_EQ(
      Run("{\"text\":\"<eot>\",\"bos\":\"auto\"}\n"
          "{\"special_tokens\":\"text\",\"text\":\"<eot>\"}\n"
          "{\"text\":\"ab\",\"bos\":\"always\"}\n{\"text\":\"ab\"}"),
      "{\"ids\":[260,261]}\n{\"ids\":[60,101,111,116,62]}\n{\"ids\":[260,256]}\n{\"ids\":[256]}\n");
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(TokenizeLinesTest, BosThatNoTemplateHasIsTheConfigsOrAnError) {
  nlohmann::json file = ByteLevelJson();
  file["post_processor"] = nullptr;
  tokenizer_ = *Tokenizer::Parse(file.dump(), "t.json");
  const std::string input =
      "{\"text\":\"ab\",\"bos\":\"always\"}\n{\"text\":\"ab\",\"bos\":\"auto\"}";
  EXPECT_EQ(Run(input, {.bos = TokenIds{7}}), "{\"ids\":[7,256]}\n{\"ids\":[256]}\n");
  EXPECT_EQ(Run(input, {.bos = absl::FailedPreconditionError("no BOS")}), "");
  EXPECT_THAT(std::string(status_.message()), HasSubstr("line 1: no BOS"));
}

TEST_F(TokenizeLinesTest, Decodes) {
  EXPECT_EQ(Run("{\"ids\":[256,261]}\n{\"ids\":[]}", {.decode = true}),
            "{\"text\":\"ab<eot>\"}\n{\"text\":\"\"}\n");
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(TokenizeLinesTest, BadLinesAreNamedByNumberOnly) {
  const std::string deep = "{\"\":" + std::string(2 << 20, '[');
  const struct {
    std::string input;
    const char* message;
    bool decode;
  } cases[] = {
      {"secret", "line 1: not valid JSON, at byte 1; of lines of text, jq -R", false},
      {"[1]", "line 1: neither a JSON object nor a string", false},
      {"\"a\"", "line 1: not a JSON object", true},
      {"{\"text\":\"a\",\"prompt\":\"a\"}", "line 1: has both \"text\" and \"prompt\"", false},
      {"{\"text\":\"a\",\"id\":[]}", "line 1: \"id\" is not a string, a number or", false},
      {deep, "line 1: nests deeper than 64 levels, at byte 67", false},
      {"{\"text\":\"a\"}\n{\"text\":5}", "line 2: needs \"text\" or \"prompt\", a string", false},
      {"{\"text\":\"secret\xff\"}", "line 1: not UTF-8, as JSON must be, at byte 16", false},
      {"{\"text\":\"\\ud800\"}", "line 1: not valid JSON, at byte", false},
      {"{\"text\":\"a\",\"other\":1}",
       "line 1: member \"other\" is unknown; known: \"text\", \"prompt\", \"id\",", false},
      {"{\"text\":\"a\",\"bos\":\"never \"}", "line 1: \"bos\" is none of \"auto\", \"always\"",
       false},
      {"{\"ids\":[1],\"bos\":\"auto\"}", "line 1: member \"bos\" is unknown", true},
      {"{\"text\":\"a\",\"text\":\"b\"}", "line 1: member \"text\" appears twice", false},
      {"{\"ids\":[1],\"text\":\"b\"}", "line 1: member \"text\" is unknown", true},
      {"{\"text\":\"a\"}", "line 1: needs \"ids\", an array", true},
      {"{\"ids\":[1,-4]}", "line 1: \"ids\", position 1: not an id", true},
      {"{\"ids\":[1.5]}", "line 1: \"ids\", position 0: not an id", true},
      {"{\"ids\":[4294967296]}", "line 1: \"ids\", position 0: not an id", true},
      {"{\"ids\":[5,987654]}", "line 1: position 1: id is not in [0, 262)", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.input);
    Run(c.input, {.decode = c.decode});
    EXPECT_EQ(status_.code(), absl::StatusCode::kInvalidArgument);
    const std::string message(status_.message());
    EXPECT_THAT(message, HasSubstr(c.message));
    EXPECT_THAT(message, Not(HasSubstr("secret")));
    EXPECT_THAT(message, Not(HasSubstr("987654")));
  }
}

TEST_F(TokenizeLinesTest, WhatCameBeforeABadLineIsWritten) {
  EXPECT_EQ(Run("{\"text\":\"ab\"}\n{\"text\""), "{\"ids\":[256]}\n");
  EXPECT_FALSE(status_.ok());
}

TEST_F(TokenizeLinesTest, FullOutputIsAnError) {
  std::istringstream in("{\"text\":\"ab\"}");
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  errno = ENOSPC;  // As a stream's write(2) leaves it.
  EXPECT_EQ(TokenizeLines(tokenizer_, {}, in, out).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sotto
