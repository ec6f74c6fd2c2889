#include "cli/score_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include "testing/temp_dir.h"

namespace sotto {
namespace {

using nlohmann::ordered_json;

// Of `tokens` that are real; beyond them nothing is a number.
TokenScores Scores(size_t tokens, size_t length, double logprob) {
  TokenScores scores(length);
  for (size_t i = 0; i < length; ++i) {
    scores.logprobs[i] = i < tokens ? logprob : std::numeric_limits<double>::quiet_NaN();
    scores.top_logprobs[i] = scores.logprobs[i];
  }
  return scores;
}

class ScoreKeeperTest : public testing::Test {
 protected:
  PrefillOutputs Outputs() {
    PrefillOptions options;
    options.output_path = dir_.File("r.json");
    options.logprobs_path = dir_.File("l.jsonl");
    return *PrefillOutputs::Create(options, {}, rows_);
  }
  // Lines that stand in the file so far.
  std::vector<ordered_json> Lines(PrefillOutputs& outputs) {
    EXPECT_TRUE(outputs.Commit("{}").ok());
    std::istringstream in(dir_.Read("l.jsonl"));
    std::vector<ordered_json> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(ordered_json::parse(line));
    return lines;
  }

  TempDir dir_;
  const std::vector<Prompt> prompts_ = {{.id = "a"}, {.id = "b"}, {.id = "c"}};
  // The fourth row only fills the second batch.
  const BatchRows rows_{.ids = {{1}, {2, 3}, {4, 5, 6}, {1}}, .prompt_count = 3};
};

TEST_F(ScoreKeeperTest, WithoutPaddingScoresAreWrittenAsTheyCome) {
  PrefillOutputs outputs = Outputs();
  LogprobsQueue queue(prompts_, rows_, nullptr, outputs);
  ScoreKeeper keeper(rows_, queue, {.wants_logprobs = true});
  ASSERT_TRUE(keeper.Keep({0, 1}, {Scores(1, 1, -1), Scores(2, 2, -0.5)}).ok());
  EXPECT_EQ(keeper.perplexity()[0], std::nullopt);
  EXPECT_EQ(keeper.perplexity()[1], std::exp(0.5));
  EXPECT_EQ(Lines(outputs).size(), 2u);
}

// Between batches an accelerator waits for the next one: a line takes longer for a longer prompt.
TEST_F(ScoreKeeperTest, WithPaddingNothingIsWrittenBeforeTheEnd) {
  PrefillOutputs outputs = Outputs();
  LogprobsQueue queue(prompts_, rows_, nullptr, outputs);
  ScoreKeeper keeper(rows_, queue, {.padded = true, .wants_logprobs = true});
  ASSERT_TRUE(keeper.Keep({0, 1}, {Scores(1, 3, -1), Scores(2, 3, -0.5)}).ok());
  ASSERT_TRUE(keeper.Keep({2, 3}, {Scores(3, 3, -2), Scores(1, 3, -1)}).ok());
  EXPECT_TRUE(Lines(outputs).empty());
  EXPECT_EQ(keeper.perplexity()[1], std::nullopt);
}

TEST_F(ScoreKeeperTest, WithPaddingTheEndBringsTheSame) {
  std::vector<std::vector<ordered_json>> lines;
  std::vector<std::vector<std::optional<double>>> perplexity;
  for (const bool padded : {false, true}) {
    PrefillOutputs outputs = Outputs();
    LogprobsQueue queue(prompts_, rows_, nullptr, outputs);
    ScoreKeeper keeper(rows_, queue, {.padded = padded, .wants_logprobs = true});
    const auto scores = [&](size_t tokens, double logprob) {
      return Scores(tokens, padded ? 3 : tokens, logprob);
    };
    ASSERT_TRUE(keeper.Keep({2, 3}, {scores(3, -0.1), scores(1, -1)}).ok());
    ASSERT_TRUE(keeper.Keep({0, 1}, {scores(1, -1), scores(2, -0.5)}).ok());
    ASSERT_TRUE(keeper.Finish().ok());
    perplexity.push_back(keeper.perplexity());
    lines.push_back(Lines(outputs));
  }
  EXPECT_EQ(lines[0].size(), 3u);
  EXPECT_EQ(lines[0], lines[1]);
  EXPECT_EQ(perplexity[0], perplexity[1]);
}

TEST_F(ScoreKeeperTest, PerplexitiesNeedNoFile) {
  PrefillOptions options;
  options.output_path = dir_.File("r.json");
  PrefillOutputs outputs = *PrefillOutputs::Create(options, {}, rows_);
  LogprobsQueue queue(prompts_, rows_, nullptr, outputs);
  ScoreKeeper keeper(rows_, queue, {.padded = true});
  ASSERT_TRUE(keeper.Keep({1}, {Scores(2, 3, -0.5)}).ok());
  ASSERT_TRUE(keeper.Finish().ok());
  EXPECT_EQ(keeper.perplexity()[1], std::exp(0.5));
}

}  // namespace
}  // namespace sotto
