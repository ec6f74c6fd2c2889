#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "cli/logprobs_file.h"
#include "cli/logprobs_queue.h"
#include "testing/small_model.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using nlohmann::ordered_json;

// Scores that tell which prompt they are of.
Scores ScoresOf(size_t tokens, double logprob) {
  Scores scores{.top_k = 1, .sum_logprob = logprob * (tokens - 1.0), .tokens = tokens - 1};
  scores.logprobs.assign(tokens, logprob);
  for (size_t i = 0; i < tokens; ++i) scores.top.push_back({static_cast<int32_t>(i), 0});
  return scores;
}

class LogprobsLineTest : public testing::Test {
 protected:
  std::string Line(size_t index, const ordered_json& id, const std::vector<int32_t>& ids,
                   const Scores& scores, TopList top_list = TopList::kLeftOut) {
    return LogprobsLine({.index = index, .id = id, .ids = ids}, model_, scores, top_list);
  }

  const TempDir dir_;
  const Model model_ = ByteLevelModel(dir_);
};

TEST_F(LogprobsLineTest, HasTheDocumentedMembersInOrder) {
  const auto line = Line(4, "name", {260, 256, 97}, ScoresOf(3, -0.5));
  EXPECT_EQ(line.back(), '\n');
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  const ordered_json expected = {
      {"index", 4},
      {"id", "name"},
      {"ids", {260, 256, 97}},
      {"tokens", {"<bos>", "ab", *model_.Decode(std::vector<int32_t>{97})}},
      {"logprobs", {nullptr, -0.5, -0.5}},
      {"top_ids", {0, 1, 2}},
      {"top_logprobs", {0.0, 0.0, 0.0}},
      {"sum_logprob", -1.0},
      {"perplexity", std::exp(0.5)}};
  EXPECT_EQ(ordered_json::parse(line).dump(), expected.dump());
}

// Each token with its text as it would follow, and bytes that are no character with U+FFFD.
TEST_F(LogprobsLineTest, ListsTheLikeliestTokensOfEachPosition) {
  const Scores scores{.logprobs = {0, -1},
                      .top = {{256, -0.25}, {258, -2}, {0xc3, -0.5}, {300, -4}},
                      .top_k = 2,
                      .sum_logprob = -1,
                      .tokens = 1};
  const ordered_json line = ordered_json::parse(Line(0, {}, {97, 98}, scores, TopList::kWritten));
  EXPECT_EQ(line["top"].dump(),
            "[[{\"id\":256,\"token\":\"ab\",\"logprob\":-0.25},"
            "{\"id\":258,\"token\":\" a\",\"logprob\":-2.0}],"
            "[{\"id\":195,\"token\":\"\xef\xbf\xbd\",\"logprob\":-0.5},"
            "{\"id\":300,\"token\":null,\"logprob\":-4.0}]]");
  EXPECT_EQ(line["top_ids"], ordered_json({256, 195}));
}

// U+20AC is three bytes, and three ids of the byte alphabet.
TEST_F(LogprobsLineTest, ACharacterOfSeveralIdsAppearsWithItsLast) {
  const std::vector<int32_t> ids = *model_.Encode("\xe2\x82\xac", {.bos = BosUse::kNever});
  ASSERT_EQ(ids.size(), 3u);
  const auto line = Line(0, {}, ids, ScoresOf(3, -1));
  EXPECT_EQ(ordered_json::parse(line)["tokens"], ordered_json({"", "", "\xe2\x82\xac"}));
}

TEST_F(LogprobsLineTest, WhatIsNotThereIsNullOrLeftOut) {
  const TempDir other_dir;
  const ordered_json none;
  const std::vector<int32_t> ids = {3};
  const ordered_json json = ordered_json::parse(LogprobsLine(
      {.id = none, .ids = ids}, SmallModel(other_dir, 50, ""), ScoresOf(1, 0), TopList::kWritten));
  EXPECT_EQ(json["top"].dump(), R"([[{"id":0,"token":null,"logprob":0.0}]])");
  EXPECT_FALSE(json.contains("id"));
  EXPECT_TRUE(json["tokens"].is_null());
  EXPECT_TRUE(json["perplexity"].is_null());
}

// A model's vocabulary may be larger than its tokenizer's. The bytes of a character go on behind an
// id without text.
TEST_F(LogprobsLineTest, IdsThatTheTokenizerLacksHaveNoText) {
  const auto tokens = [&](const std::vector<int32_t>& ids) {
    return ordered_json::parse(Line(0, {}, ids, ScoresOf(ids.size(), -1)))["tokens"];
  };
  EXPECT_EQ(tokens({262}), ordered_json::array({nullptr}));
  EXPECT_EQ(tokens({300, 97, 262}), ordered_json::array({nullptr, "a", nullptr}));
  EXPECT_EQ(tokens({0xc3, 262, 0xa9}), ordered_json::array({"", nullptr, "\xc3\xa9"}));
  EXPECT_EQ(tokens({97, 0xc3, 262}), ordered_json::array({"a", "\xef\xbf\xbd", nullptr}));
}

class LogprobsQueueTest : public testing::Test {
 protected:
  PrefillOutputs Outputs(const std::string& logprobs_path) {
    PrefillJob options;
    options.output_path = dir_.File("r.json");
    options.logprobs_path = logprobs_path;
    auto outputs = PrefillOutputs::Create(options, {}, rows_);
    EXPECT_TRUE(outputs.ok()) << outputs.status();
    return *std::move(outputs);
  }

  TempDir dir_;
  const std::vector<Prompt> prompts_ = {{.id = "a"}, {.id = "b"}, {.id = "c"}};
  const BatchRows rows_{.ids = {{1}, {2, 3}, {4}}, .prompt_count = 3};
  const Model model_ = ByteLevelModel(dir_);
};

TEST_F(LogprobsQueueTest, LinesComeInThePromptsOrder) {
  PrefillOutputs outputs = Outputs(dir_.File("l.jsonl"));
  LogprobsQueue queue(prompts_, rows_, model_, outputs);
  for (const size_t prompt : {2, 0, 1}) {
    ASSERT_TRUE(queue.Add(prompt, ScoresOf(rows_.ids[prompt].size(), -1)).ok());
  }
  ASSERT_TRUE(outputs.Commit("{}").ok());
  std::istringstream lines(dir_.Read("l.jsonl"));
  std::vector<std::string> ids;
  for (std::string line; std::getline(lines, line);) {
    const ordered_json json = ordered_json::parse(line);
    EXPECT_EQ(json["index"], ids.size());
    EXPECT_EQ(json["ids"], ordered_json(rows_.ids[ids.size()]));
    ids.push_back(json["id"]);
  }
  EXPECT_THAT(ids, testing::ElementsAre("a", "b", "c"));
}

TEST_F(LogprobsQueueTest, WithoutAFileNothingIsKept) {
  PrefillOutputs outputs = Outputs("");
  LogprobsQueue queue(prompts_, rows_, model_, outputs);
  EXPECT_TRUE(queue.Add(1, ScoresOf(2, -1)).ok());
  EXPECT_TRUE(queue.Add(1, ScoresOf(2, -1)).ok());  // Not even that it came.
}

}  // namespace
}  // namespace sotto
