#include "cli/prompt_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "cli/prompt_json.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> Texts(const std::vector<Prompt>& prompts) {
  std::vector<std::string> texts;
  texts.reserve(prompts.size());
  for (const Prompt& prompt : prompts) texts.push_back(prompt.text);
  return texts;
}

std::vector<Prompt> Parse(std::string_view contents, PromptFormat format) {
  absl::StatusOr<std::vector<Prompt>> prompts = ParsePrompts(contents, format, "F");
  EXPECT_TRUE(prompts.ok()) << prompts.status();
  return prompts.ok() ? *std::move(prompts) : std::vector<Prompt>();
}

// The message of the refusal; every one is INVALID_ARGUMENT and begins with the file's name.
std::string Refusal(std::string_view contents, PromptFormat format) {
  const absl::Status status = ParsePrompts(contents, format, "F").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  std::string message(status.message());
  EXPECT_THAT(message, testing::StartsWith("F: "));
  return message;
}

TEST(PromptFormat, FollowsTheExtension) {
  EXPECT_EQ(PromptFormatOfPath("a/b.json"), PromptFormat::kJson);
  EXPECT_EQ(PromptFormatOfPath("a.JSONL"), PromptFormat::kJsonLines);
  EXPECT_EQ(PromptFormatOfPath("a.ndjson"), PromptFormat::kJsonLines);
  EXPECT_EQ(PromptFormatOfPath("a.txt"), PromptFormat::kText);
  EXPECT_EQ(PromptFormatOfPath("json"), PromptFormat::kText);
  EXPECT_EQ(PromptFormatOfPath("a.json/b"), PromptFormat::kText);
}

TEST(TextPrompts, AreLines) {
  EXPECT_THAT(Texts(Parse("one\ntwo", PromptFormat::kText)), ElementsAre("one", "two"));
  EXPECT_THAT(Texts(Parse("one\ntwo\n", PromptFormat::kText)), ElementsAre("one", "two"));
}

TEST(TextPrompts, DropByteOrderMarkCarriageReturnsAndBlankLines) {
  EXPECT_THAT(Texts(Parse("\xef\xbb\xbf one \r\n\r\n \t\r\n\ntwo\r\n", PromptFormat::kText)),
              ElementsAre(" one ", "two"));
}

TEST(TextPrompts, KeepEveryOtherByte) {
  const std::string odd("a\rb\0c\xff", 6);
  EXPECT_THAT(Texts(Parse(odd + "\n", PromptFormat::kText)), ElementsAre(odd));
}

TEST(TextPrompts, AreNamedByTheirLineInTheFile) {
  const std::vector<Prompt> prompts = Parse("\n\none\n\ntwo", PromptFormat::kText);
  ASSERT_EQ(prompts.size(), 2u);
  EXPECT_EQ(prompts[0].source, "F: line 3");
  EXPECT_EQ(prompts[1].source, "F: line 5");
}

TEST(Prompts, AFileWithoutOneIsRefused) {
  for (const char* contents : {"", "\n", " \r\n\t\n", "\xef\xbb\xbf"}) {
    EXPECT_THAT(Refusal(contents, PromptFormat::kText), HasSubstr("contains no prompts"));
  }
  EXPECT_THAT(Refusal("[]", PromptFormat::kJson), HasSubstr("contains no prompts"));
  EXPECT_THAT(Refusal("\n\n", PromptFormat::kJsonLines), HasSubstr("contains no prompts"));
}

TEST(JsonPrompts, AreTheStringsOfAnArray) {
  EXPECT_THAT(Texts(Parse("\xef\xbb\xbf[\"a\\nb\", \"\", \"\\u00e9\"]\r\n", PromptFormat::kJson)),
              ElementsAre("a\nb", "", "\xc3\xa9"));
}

TEST(JsonPrompts, MayBeWhatJsonLinesAre) {
  const std::vector<Prompt> prompts = Parse(
      R"(["a", [3, 4], {"prompt": "b", "id": "x"}, {"id": 5, "ids": [6]}])", PromptFormat::kJson);
  ASSERT_EQ(prompts.size(), 4u);
  EXPECT_EQ(prompts[0].text, "a");
  EXPECT_THAT(prompts[1].ids, testing::Optional(ElementsAre(3, 4)));
  EXPECT_EQ(prompts[1].source, "F: element 1");
  EXPECT_EQ(prompts[2].text, "b");
  EXPECT_EQ(prompts[2].id, "x");
  EXPECT_THAT(prompts[3].ids, testing::Optional(ElementsAre(6)));
  EXPECT_EQ(prompts[3].id, 5);
}

TEST(JsonPrompts, AnythingElseIsRefusedByPlace) {
  EXPECT_THAT(Refusal("[[1], []]", PromptFormat::kJson),
              HasSubstr("F: element 1 is not an array of one or more token ids"));
  EXPECT_THAT(Refusal("[[1, -1]]", PromptFormat::kJson),
              HasSubstr("F: element 0: element 1 is not a token id"));
  EXPECT_THAT(Refusal("[1, 2]", PromptFormat::kJson), HasSubstr("F: element 0 is not a string"));
  EXPECT_THAT(Refusal("[{\"prompt\": \"a\"}, {\"texts\": \"b\"}]", PromptFormat::kJson),
              HasSubstr("F: element 1: member \"texts\" is unknown"));
  EXPECT_THAT(Refusal("{\"prompt\": \"x\"}", PromptFormat::kJson), HasSubstr("not an array"));
  EXPECT_THAT(Refusal("[\"a\", 3]", PromptFormat::kJson), HasSubstr("element 1"));
  EXPECT_THAT(Refusal("[\"a\"", PromptFormat::kJson), HasSubstr("not valid JSON, at byte 5"));
  EXPECT_THAT(Refusal("", PromptFormat::kJson), HasSubstr("not valid JSON"));
  EXPECT_THAT(Refusal("[\"\xff\"]", PromptFormat::kJson),
              HasSubstr("not UTF-8, as JSON must be, at byte 3"));
  EXPECT_THAT(Refusal("[1e999]", PromptFormat::kJson), HasSubstr("out of range"));
}

TEST(JsonLinesPrompts, AreTextOrIdsWithAnEcho) {
  const std::vector<Prompt> prompts = Parse(
      "{\"prompt\": \"a\", \"id\": \"x-1\"}\r\n\n{\"ids\": [0, 2147483647], \"id\": 7}\n"
      "{\"prompt\": \"b\", \"id\": null}\n{\"text\": \"c\"}",
      PromptFormat::kJsonLines);
  ASSERT_EQ(prompts.size(), 4u);
  EXPECT_EQ(prompts[3].text, "c");
  EXPECT_EQ(prompts[0].text, "a");
  EXPECT_FALSE(prompts[0].ids.has_value());
  EXPECT_EQ(prompts[0].id, "x-1");
  EXPECT_THAT(prompts[1].ids, testing::Optional(ElementsAre(0, 2147483647)));
  EXPECT_EQ(prompts[1].id, 7);
  EXPECT_EQ(prompts[1].source, "F: line 3");
  EXPECT_TRUE(prompts[2].id.is_null());
}

TEST(JsonLinesPrompts, BadLinesAreRefusedByNumber) {
  const auto refusal = [](const std::string& line) {
    std::string message = Refusal("{\"prompt\": \"\"}\n" + line, PromptFormat::kJsonLines);
    EXPECT_THAT(message, HasSubstr("line 2"));
    return message;
  };
  EXPECT_THAT(refusal("\"text\""), HasSubstr("not an object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("must have one of \"prompt\", \"text\" and \"ids\""));
  EXPECT_THAT(refusal("{\"prompt\": \"\", \"ids\": [1]}"), HasSubstr("not several"));
  EXPECT_THAT(refusal("{\"prompt\": \"\", \"text\": \"\"}"), HasSubstr("not several"));
  EXPECT_THAT(refusal("{\"text\": 3}"), HasSubstr("\"text\" is not a string"));
  EXPECT_THAT(refusal("{\"prompt\": 3}"), HasSubstr("\"prompt\" is not a string"));
  EXPECT_THAT(refusal("{\"id\": 123456789012345678901234567890, \"ids\": [1]}"),
              HasSubstr("\"id\" is too large a number"));
  EXPECT_THAT(refusal("{\"ids\": []}"), HasSubstr("\"ids\""));
  EXPECT_THAT(refusal("{\"ids\": 5}"), HasSubstr("\"ids\""));
  EXPECT_THAT(refusal("{\"ids\": [1, -1]}"), HasSubstr("element 1"));
  EXPECT_THAT(refusal("{\"ids\": [1, 2, 1.5]}"), HasSubstr("element 2"));
  EXPECT_THAT(refusal("{\"ids\": [2147483648]}"), HasSubstr("element 0"));
  EXPECT_THAT(refusal("{\"ids\": [18446744073709551615]}"), HasSubstr("element 0"));
  EXPECT_THAT(refusal("{\"ids\": [\"1\"]}"), HasSubstr("element 0"));
  EXPECT_THAT(refusal("{\"prompt\": \"\", \"id\": {}}"), HasSubstr("\"id\""));
  EXPECT_THAT(
      refusal("{\"prompt\": \"\", \"note\": 1}"),
      HasSubstr("member \"note\" is unknown; known: \"prompt\", \"text\", \"ids\", \"id\""));
  EXPECT_THAT(refusal("{\"prompt\": \"a\", \"id\": 1, \"prompt\": \"b\"}"),
              HasSubstr("member \"prompt\" appears twice"));
  EXPECT_THAT(refusal("{\"ids\": [1], \"i\\u0064s\": [2]}"),
              HasSubstr("member \"ids\" appears twice"));
  EXPECT_THAT(refusal("{\"prompt\": \"\""), HasSubstr("not valid JSON"));
}

// Time that grows with the square of their number would not end within a test's.
TEST(PromptJsonTest, AMillionElementsAreSoonRead) {
  std::string text = "[{}";
  for (int i = 0; i < 1'000'000; ++i) text += ",{}";
  const auto json = ParsePromptJson(text + "]", "");
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->size(), 1'000'001u);
}

// The program's terminal is not trusted with prompts.
TEST(JsonLinesPrompts, ErrorsDoNotQuoteThePrompt) {
  for (const char* contents :
       {"{\"prompt\": \"hunter2\" oops}", "{\"prompt\": [\"hunter2\"]}", "{\"ids\": [\"hunter2\"]}",
        "hunter2", "{\"my hunter2\": 1}", "{\"hunter2!\": 1, \"hunter2!\": 1}"}) {
    EXPECT_THAT(Refusal(contents, PromptFormat::kJsonLines), Not(HasSubstr("hunter2")));
  }
}

TEST(TextPrompts, ThatSeemToBeJsonLinesAreTold) {
  const auto seem = [](std::string_view contents) {
    return FirstPromptIsJsonObject(Parse(contents, PromptFormat::kText));
  };
  EXPECT_TRUE(seem("\n{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\n"));
  EXPECT_TRUE(seem(" {}\r\n"));
  EXPECT_FALSE(seem("{braces}\n{\"prompt\": \"b\"}\n"));
  EXPECT_FALSE(seem("[1]\n"));
  EXPECT_FALSE(seem("\"a\"\n"));
}

TEST(ReadPromptFile, NamesAMissingFile) {
  const absl::Status status = ReadPromptFile("/nonexistent/prompts.txt").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nonexistent/prompts.txt"));
}

}  // namespace
}  // namespace sotto
