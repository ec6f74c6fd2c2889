// Prompts and keys from pipes, results into them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "testing/prefill_program.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr char kText[] = "In the beginning\nGod said\n";

class PipesTest : public PrefillTest {
 protected:
  ProgramResult WithInput(std::vector<std::string> arguments, const std::string& input,
                          ProgramOptions options = {}) {
    arguments.insert(arguments.begin(), "prefill");
    options.working_dir = dir_.path();
    options.input = input;
    return RunProgram("sotto", arguments, options);
  }
  json ResultWithInput(const std::vector<std::string>& arguments, const std::string& input) {
    const ProgramResult run = WithInput(arguments, input);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return json::parse(dir_.Read("tee_only_results.json"));
  }
  // Gives `contents` to whoever opens the pipe.
  std::thread Feed(const std::string& name, const std::string& contents) {
    EXPECT_EQ(mkfifo(dir_.File(name).c_str(), 0600), 0);
    return std::thread([path = dir_.File(name), contents] { std::ofstream(path) << contents; });
  }
};

TEST_F(PipesTest, PromptsFromStandardInputAreThoseOfAFile) {
  dir_.Write("p.txt", kText);
  const json from_file = Result({"--prompts", "p.txt"});
  for (const char* name : {"-", "/dev/stdin", "/dev/fd/0"}) {
    const json result = ResultWithInput({"--prompts", name}, kText);
    EXPECT_EQ(result["prompts"], from_file["prompts"]) << name;
    EXPECT_EQ(result["perplexity"], from_file["perplexity"]) << name;
  }
}

TEST_F(PipesTest, PromptsFromANamedPipe) {
  std::thread writer = Feed("p.jsonl", "{\"prompt\": \"In the\", \"id\": 7}\n");
  EXPECT_EQ(Result({"--prompts", "p.jsonl"})["prompts"], json({"In the"}));
  writer.join();
}

TEST_F(PipesTest, AFormatWithoutAName) {
  EXPECT_EQ(ResultWithInput({"--prompts", "-", "--prompts-format", "jsonl"},
                            "{\"ids\": [40, 77]}\n")["prompts"],
            json({{40, 77}}));
  EXPECT_EQ(ResultWithInput({"--prompts", "-", "--prompts-format", "json"}, "[\"a\"]")["prompts"],
            json({"a"}));
  ExpectRefusal({"--prompts", "-", "--prompts-format", "xml"}, kUsage, "--prompts-format");
  ExpectRefusal({"--prompts-format", "json"}, kUsage, "--prompts-format");
}

TEST_F(PipesTest, NoPromptOrAWrongOneIsSaidOfStandardInput) {
  for (const auto& [input, what] : {std::pair{"", "standard input: contains no prompts"},
                                    {"a\nb\xff\n", "standard input: line 2"}}) {
    const ProgramResult run = WithInput({"--prompts", "-"}, input);
    EXPECT_EQ(run.exit_code, kFailure);
    EXPECT_THAT(run.err, HasSubstr(what));
  }
}

TEST_F(PipesTest, AVariableOfADashMeansNone) {
  const json result = Result({}, {{"LLAMA_PROMPT_PATH", "-"}});
  EXPECT_EQ(result["prompts"], json({"Hello, world!"}));
}

TEST_F(PipesTest, TheResultOnStandardOutputIsAllThatIsThere) {
  const ProgramResult run = WithInput(
      {"--prompts", "-", "--output", "-", "--log-level", "debug", "--progress", "always"}, kText);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(json::parse(run.out)["prompt_count"], 2);
  EXPECT_EQ(FileCount(), 0u);
}

TEST_F(PipesTest, LogProbabilitiesOnStandardOutput) {
  const ProgramResult run = WithInput({"--prompts", "-", "--logprobs", "-"}, kText);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  std::istringstream lines(run.out);
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(json::parse(line)["index"], count);
  }
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(PipesTest, OneStreamIsNotForTwo) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--output", "-", "--logprobs", "-"},
        {"--output", "/dev/stdout", "--logprobs", "-"},
        {"--prompts", "-", "--key-file", "-"}}) {
    const ProgramResult run = WithInput(arguments, kText);
    EXPECT_EQ(run.exit_code, kFailure);
    EXPECT_THAT(run.err, HasSubstr("the same file, standard "));
  }
}

TEST_F(PipesTest, LogitsNeedAFile) {
  ASSERT_EQ(mkfifo(dir_.File("x.npy").c_str(), 0600), 0);
  const int reader = open(dir_.File("x.npy").c_str(), O_RDONLY | O_NONBLOCK);
  const ProgramResult run = Sotto({"--save-logits", "x.npy"});
  EXPECT_EQ(run.exit_code, kFailure);
  EXPECT_THAT(run.err, HasSubstr("x.npy: must be a regular file"));
  close(reader);
}

TEST_F(PipesTest, AKeyFromAPipe) {
  const std::string key(64, 'a');
  dir_.Write("key", key + "\n");
  const std::vector<std::string> seal = {"model", "seal", ShippedModelDir(), "--out", "sealed"};
  std::vector<std::string> from_pipe = seal;
  from_pipe.insert(from_pipe.end(), {"--key-file", "-"});
  ASSERT_EQ(RunProgram("sotto", from_pipe, {.working_dir = dir_.path(), .input = key}).exit_code,
            0);
  EXPECT_EQ(Sotto({"--model", "sealed", "--key-file", "key"}).exit_code, 0);
  EXPECT_EQ(WithInput({"--model", "sealed", "--key-file", "/dev/stdin"}, key).exit_code, 0);
  std::thread writer = Feed("fifo", key);
  EXPECT_EQ(Sotto({"--model", "sealed", "--key-file", "fifo"}).exit_code, 0);
  writer.join();
}

// `sotto ... | head`: not a word, and the end that the shell expects.
TEST_F(PipesTest, AReaderThatLeavesEndsTheProgramQuietly) {
  std::string prompts, lines;
  std::string verse;
  for (int i = 0; i < 12; ++i) verse += "In the beginning God said ";
  for (int i = 0; i < 40; ++i) prompts += verse + "\n";  // Kilobytes of answers each.
  for (int i = 0; i < 20000; ++i) lines += "{\"text\": \"In the beginning\"}\n";
  const ProgramResult prefill =
      WithInput({"--prompts", "-", "--logprobs", "-"}, prompts, {.close_output_after = 10});
  EXPECT_EQ(prefill.signal, SIGPIPE);
  EXPECT_EQ(UnusualMessages(prefill.err), "");
  EXPECT_EQ(FileCount(), 0u);
  const ProgramResult tokenize = RunProgram("sotto", {"tokenize", "--model", ShippedModelDir()},
                                            {.input = lines, .close_output_after = 10});
  EXPECT_EQ(tokenize.signal, SIGPIPE);
  EXPECT_EQ(tokenize.err, "");
}

// What cannot be printed is an error. (A limit of no bytes stands in for a full disk.)
TEST(StandardOutput, ThatIsFullIsAnError) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"model", "inspect", ShippedModelDir()}, {"--version"}}) {
    const ProgramResult run = RunProgram("sotto", arguments, {.file_size_limit_bytes = 0});
    EXPECT_EQ(run.exit_code, kFailure);
  }
}

}  // namespace
}  // namespace sotto
