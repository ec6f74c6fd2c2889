#include "cli/text_encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/batch_rows.h"
#include "cli/prompt_file.h"
#include "cli/score_line.h"
#include "testing/small_model.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using Json = nlohmann::ordered_json;

TEST(TextMembers, CountBeforeTheFlags) {
  const auto members = ReadTextMembers({{"special_tokens", "text"}, {"bos", "never"}}, "F");
  ASSERT_TRUE(members.ok()) << members.status();
  const EncodeTextOptions options = members->Over({.bos = BosUse::kAlways});
  EXPECT_EQ(options.bos, BosUse::kNever);
  EXPECT_FALSE(options.special_tokens);
  const EncodeTextOptions unchanged =
      ReadTextMembers(Json::object(), "F")->Over({.bos = BosUse::kAlways, .special_tokens = false});
  EXPECT_EQ(unchanged.bos, BosUse::kAlways);
  EXPECT_FALSE(unchanged.special_tokens);
}

TEST(TextMembers, OtherValuesAreRefusedAndNotRepeated) {
  for (const Json& object : {Json{{"bos", "secret"}}, Json{{"bos", true}}}) {
    const absl::Status status = ReadTextMembers(object, "F: line 3").status();
    EXPECT_EQ(status, absl::InvalidArgumentError(
                          "F: line 3: \"bos\" is none of \"auto\", \"always\", \"never\""));
  }
  EXPECT_THAT(std::string(ReadTextMembers({{"special_tokens", 1}}, "F").status().message()),
              HasSubstr("\"special_tokens\" is none of \"parse\", \"text\""));
}

// Of prompts and of lines to score; beside ids they would do nothing.
TEST(TextMembers, StandInLines) {
  const auto line = ParseScoreLine(R"({"text": "a", "special_tokens": "text"})", "F");
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->encoding.special_tokens, false);
  for (const char* ids : {R"({"ids": [1], "bos": "never"})", R"({"text": [1], "bos": "never"})"}) {
    EXPECT_THAT(std::string(ParseScoreLine(ids, "F").status().message()),
                HasSubstr("\"bos\" has no effect on token ids"));
  }
  const auto refused =
      ParsePrompts(R"({"ids": [1], "special_tokens": "text"})", PromptFormat::kJsonLines, "F");
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("F: line 1: \"special_tokens\" has no effect on token ids"));
}

// <bos> is 260; the template puts it before a text.
TEST(TextEncoding, OfEveryPromptByItself) {
  const TempDir dir;
  const Model model = ByteLevelModel(dir);
  const auto prompts = ParsePrompts(
      R"({"prompt": "<bos>"}
{"prompt": "<bos>", "special_tokens": "text"}
{"prompt": "<bos>", "bos": "auto"}
{"prompt": "<bos>", "bos": "always", "special_tokens": "text"})",
      PromptFormat::kJsonLines, "F");
  ASSERT_TRUE(prompts.ok()) << prompts.status();
  const auto rows = MakeBatchRows(*prompts, model, {.encoding = {.bos = BosUse::kNever}});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->ids[0], (TokenIds{260}));
  EXPECT_EQ(rows->ids[1].size(), 5u);
  EXPECT_EQ(rows->ids[2], (TokenIds{260, 260}));
  EXPECT_EQ(rows->ids[3].size(), 6u);
  EXPECT_EQ(rows->ids[3][0], 260);
  EXPECT_EQ(rows->doubled_bos, (std::vector<size_t>{2}));
}

// Where the template has no BOS, config.json may name it.
TEST(TextEncoding, BosThatOnlyTheConfigNames) {
  nlohmann::json tokenizer = ByteLevelJson();
  tokenizer["post_processor"] = nullptr;
  const TempDir dir;
  const Model model = SmallModel(dir, 262, tokenizer.dump());
  EXPECT_EQ(*model.Encode("ab"), (TokenIds{256}));
  EXPECT_EQ(model.Encode("ab", {.bos = BosUse::kAlways}).status(),
            absl::FailedPreconditionError(
                "bos: neither the template of tokenizer.json nor bos_token_id of config.json says "
                "which token is BOS"));
  nlohmann::json config = nlohmann::json::parse(dir.Read("model/config.json"));
  config["bos_token_id"] = nlohmann::json{260, 261};
  dir.Write("model/config.json", config.dump());
  const auto named = Model::Open(dir.File("model"));
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(*named->Encode("ab", {.bos = BosUse::kAlways}), (TokenIds{260, 256}));
  EXPECT_EQ(*named->Encode("ab"), (TokenIds{256}));
  EXPECT_EQ(named->bos_ids(BosUse::kAlways).size(), 1u);
  EXPECT_TRUE(named->bos_ids().empty());
}

}  // namespace
}  // namespace sotto
