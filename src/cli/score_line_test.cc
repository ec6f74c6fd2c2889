#include "cli/score_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

ScoreRequest ParseValid(std::string_view line) {
  const absl::StatusOr<ScoreRequest> request = ParseScoreLine(line, "F: line 3");
  EXPECT_TRUE(request.ok()) << line << " " << request.status();
  return request.ok() ? *request : ScoreRequest();
}

TEST(ScoreLine, ATextByAnyName) {
  for (const char* line : {R"("a b")", R"({"text": "a b"})", R"({"prompt": "a b"})"}) {
    const ScoreRequest request = ParseValid(line);
    EXPECT_EQ(request.kind, ScoreKind::kText);
    EXPECT_EQ(request.context.text, "a b");
    EXPECT_FALSE(request.context.ids.has_value());
    EXPECT_TRUE(request.id.is_null());
  }
  for (const char* line : {"[4, 5]", R"({"ids": [4, 5]})", R"({"text": [4, 5]})"}) {
    EXPECT_EQ(ParseValid(line).context.ids, (TokenIds{4, 5}));
  }
}

TEST(ScoreLine, AContextAndWhatFollowsIt) {
  const ScoreRequest one = ParseValid(R"({"context": "a", "continuation": " b", "id": "x"})");
  EXPECT_EQ(one.kind, ScoreKind::kContinuation);
  EXPECT_EQ(one.context.text, "a");
  ASSERT_EQ(one.continuations.size(), 1u);
  EXPECT_EQ(one.continuations[0].text, " b");
  EXPECT_EQ(one.id, "x");
  const ScoreRequest several = ParseValid(R"({"context": [1], "continuations": [[2], [3, 4]]})");
  EXPECT_EQ(several.kind, ScoreKind::kContinuations);
  EXPECT_EQ(several.continuations[1].ids, (TokenIds{3, 4}));
  const ScoreRequest labels = ParseValid(R"({"labels": [" yes", " no"], "prompt": "a?"})");
  EXPECT_EQ(labels.kind, ScoreKind::kLabels);
  EXPECT_EQ(labels.context.text, "a?");
  EXPECT_EQ(labels.continuations[1].text, " no");
}

// The line is named and, where there is one, the member; what stands there is not.
TEST(ScoreLine, RefusalsNameThePlaceAndNotTheText) {
  const std::pair<const char*, const char*> refusals[] = {
      {"{", "not valid JSON, at byte 2; each line is JSON of its own"},
      {"{\"text\": secret}", "not valid JSON, at byte 10"},
      {"secret", "not valid JSON, at byte 1; with --input-format text each line is a text"},
      {"\"secret\" was said", "; with --input-format text each line is a text"},
      {"7", "needs \"text\""},
      {"1984", "; with --input-format text each line is a text"},
      {"[", "; of an array, jq -c '.[]' makes lines"},
      {"[\"secret\", \"b\"]", "element 0 is not a token id; of an array, jq -c '.[]' makes lines"},
      {"[{\"text\": \"secret\"},", "; of an array, jq -c '.[]' makes lines"},
      {"\"secret\xff\"", "not UTF-8, as JSON must be, at byte 8"},
      {"{}", "needs \"text\""},
      {R"({"context": "secret"})", "needs \"text\""},
      {R"({"labels": ["secret"]})", "needs \"text\""},
      {R"({"txt": "secret"})", "\"txt\" is unknown"},
      {R"({"text": "secret", "labels": ["a"]})",
       "\"labels\" goes with \"prompt\", not with \"text\""},
      {R"({"prompt": "secret", "continuations": ["secret"]})",
       "\"continuations\" goes with \"context\", not with \"prompt\""},
      {R"({"prompt": "secret", "labels": ["a"], "continuation": "secret"})",
       "\"continuation\" goes with \"context\", not with \"prompt\""},
      {R"({"context": "secret", "continuation": "a", "continuations": ["b"]})",
       "\"continuation\" cannot stand beside \"continuations\""},
      {R"({"prompt": "secret", "text": "secret"})", "\"prompt\" cannot stand beside \"text\""},
      {R"({"prompt": "secret", "label": ["secret"]})",
       "\"label\" is unknown; known: \"id\", \"prompt\", \"special_tokens\", \"bos\", \"labels\""},
      {R"({"text": "secret", "text": "b"})", "twice"},
      {R"({"text": 7})", "\"text\" is neither a string nor an array of token ids"},
      {R"({"text": []})", "\"text\" is not an array of one or more token ids"},
      {R"({"ids": "secret"})", "\"ids\" is not an array of token ids"},
      {R"({"ids": [1, -1]})", "\"ids\": element 1"},
      {R"([1, 2.5])", "the line: element 1"},
      {R"({"context": "secret", "continuations": []})", "not an array of one or more"},
      {R"({"context": "secret", "continuations": "secret"})", "\"continuations\" is not an array"},
      {R"({"context": "secret", "continuations": ["a", 7]})", "\"continuations\": element 1"},
      {R"({"context": "secret", "continuation": [1]})", "must both be text"},
      {R"({"context": [1], "continuations": [[1], "secret"]})", "must both be text"},
      {R"({"prompt": "secret", "labels": [[1]]})", "must both be text"},
      {R"({"text": "secret", "id": {}})", "\"id\" is not"},
  };
  for (const auto& [line, what] : refusals) {
    const absl::Status status = ParseScoreLine(line, "F: line 3").status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << line << " " << status;
    const std::string message(status.message());
    EXPECT_THAT(message, StartsWith("F: line 3: "));
    EXPECT_THAT(message, HasSubstr(what)) << line;
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace sotto
