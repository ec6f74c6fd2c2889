// `sotto score` and the library give the same bits; so does the split mode.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "sotto/prefill.h"
#include "sotto/scoring.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using nlohmann::json;

constexpr char kContext[] = "And the LORD said unto Moses, Speak unto the children of Israel ";
const std::vector<std::string> kEnds = {"that they go forward", "and say", "selah"};

std::vector<json> ScoreLines(const std::vector<std::string>& flags,
                             const std::vector<json>& lines) {
  std::string input;
  for (const json& line : lines) input += line.dump() + "\n";
  std::vector<std::string> arguments = {"score", "--model", ShippedModelDir()};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const ProgramResult run = RunProgram("sotto", arguments, {.input = input});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  std::vector<json> results;
  std::istringstream out(run.out);
  for (std::string line; std::getline(out, line);) results.push_back(json::parse(line));
  EXPECT_EQ(results.size(), lines.size());
  return results;
}

TEST(ScoreProgram, GivesTheBitsOfTheLibrary) {
  const auto model = Model::Open(ShippedModelDir());
  ASSERT_TRUE(model.ok()) << model.status();
  auto prefill = Prefill::Create(
      *model, {.prefill_length = 64, .batch_size = 4, .precision = Precision::kF32});
  ASSERT_TRUE(prefill.ok()) << prefill.status();
  const auto ids = EncodeContinuations(*model, kContext, kEnds);
  ASSERT_TRUE(ids.ok()) << ids.status();
  std::vector<TokenIds> prompts;
  ScoreOptions options;
  for (const TokenIds& end : ids->continuations) {
    prompts.push_back(ids->context);
    prompts.back().insert(prompts.back().end(), end.begin(), end.end());
    options.first_tokens.push_back(ids->context.size());
  }
  prompts.push_back(*model->Encode("In the beginning"));
  options.first_tokens.push_back(1);
  const auto scores = prefill->Score(prompts, options);
  ASSERT_TRUE(scores.ok()) << scores.status();

  const std::vector<json> lines = ScoreLines(
      {}, {{{"context", kContext}, {"continuations", kEnds}}, {{"text", "In the beginning"}}});
  ASSERT_EQ(lines.size(), 2u);
  for (const json& line : lines) EXPECT_EQ(line["head"], "lm_head");
  for (size_t i = 0; i < prompts.size(); ++i) {
    const json& got = i < kEnds.size() ? lines[0]["continuations"][i] : lines[1];
    const Scores& want = (*scores)[i];
    const size_t first = options.first_tokens[i];
    EXPECT_EQ(got["sum_logprob"].get<double>(), want.sum_logprob);
    EXPECT_EQ(got["tokens"], want.tokens);
    EXPECT_EQ(got["greedy"], want.IsGreedy(prompts[i], first));
    EXPECT_EQ(got["logprobs"].get<std::vector<double>>(),
              std::vector<double>(want.logprobs.begin() + static_cast<ptrdiff_t>(first),
                                  want.logprobs.end()));
  }
}

// What it comes to, whose limit that is, and what to do.
TEST(ScoreProgram, ATextThatIsTooLongIsToldWhatToDo) {
  const auto error = [](const std::string& command, size_t tokens, const std::string& length) {
    const json line = json::array_t(tokens, 5);
    const std::vector<std::string> arguments = {command, "--model", ShippedModelDir(),
                                                "--prefill-length", length};
    const ProgramResult run = RunProgram("sotto", arguments, {.input = line.dump() + "\n"});
    EXPECT_EQ(run.exit_code, 1);
    return run.err;
  };
  EXPECT_THAT(error("score", 130, "128"),
              testing::HasSubstr("line 1: comes to 130 tokens, more than the 128 of "
                                 "--prefill-length; raise that, to 1024 at most, or let "
                                 "--truncate-left or --stride take it\n"));
  EXPECT_THAT(error("embed", 1025, "128"),
              testing::HasSubstr("--prefill-length, and than the 1024 that the model takes; let "
                                 "--truncate-left take it\n"));
}

// The line feed of a chat template stays the prompt's: a label's probability is its own.
TEST(ScoreProgram, LabelsBehindWhiteSpaceAreOneToken) {
  const std::string prompt = std::string(kContext) + "\n";
  const json line = ScoreLines({}, {{{"prompt", prompt}, {"labels", {"a", "b"}}}})[0];
  const json after = ScoreLines({"--top-k", "1"}, {{{"text", prompt + "a"}}})[0];
  EXPECT_EQ(line["labels"][0]["ids"].size(), 1u);
  EXPECT_EQ(line["context_tokens"], after["ids"].size());
  EXPECT_EQ(line["labels"][0]["logprob"], after["logprobs"].back());
}

TEST(ScoreProgram, TokensOfLabelsCountAsScored) {
  const ProgramResult run =
      RunProgram("sotto", {"score", "--model", ShippedModelDir()},
                 {.input = "{\"prompt\": [1, 2], \"labels\": [[3], [4]]}\n"
                           "{\"prompt\": [1, 2], \"labels\": [[3], [4, 5]]}\n"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.err, testing::HasSubstr("sotto: 2 lines, 5 scored tokens in "));
}

TEST(ScoreProgram, TheHelpNamesTheMostThatCanBeListed) {
  for (const char* command : {"score", "prefill"}) {
    EXPECT_THAT(RunProgram("sotto", {command, "--help"}).out,
                testing::ContainsRegex("most likely tokens, at most\\s+100"));
  }
}

// Whatever shares a batch with a line, and whether padding is computed.
TEST(ScoreProgram, GivesTheSameLinesHoweverTheyAreBatched) {
  std::vector<json> lines;
  for (int i = 0; i < 20; ++i) {
    const std::string number = std::to_string(i * 37);
    lines.push_back({{"context", kContext + number}, {"continuations", kEnds}});
    lines.push_back({{"prompt", number}, {"labels", {" a", " selah of the Lord"}}});
    lines.push_back({{"text", "And " + number}, {"id", i}});
  }
  const std::vector<json> want = ScoreLines({"--top-k", "2"}, lines);
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--batch-size", "1"},
        {"--batch-size", "7", "--threads", "1"},
        {"--batch-size", "3", "--pad-compute"},
        {"--batch-size", "64", "--oblivious-embedding", "--prefill-length", "80"}}) {
    std::vector<std::string> all = {"--top-k", "2"};
    all.insert(all.end(), flags.begin(), flags.end());
    EXPECT_EQ(ScoreLines(all, lines), want) << flags[1];
  }
}

}  // namespace
}  // namespace sotto
