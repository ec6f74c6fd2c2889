// The program's log-probabilities against references that share no code with it.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "testing/run_program.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"
#include "trusted/tokenizer/tokenizer.h"

namespace sotto {
namespace {

using nlohmann::json;

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The lines of --logprobs.
std::vector<json> Score(const TempDir& dir, std::vector<std::string> arguments) {
  const std::vector<std::string> common = {"--logprobs",   "l.jsonl", "--precision", "f32",
                                           "--batch-size", "4",       "--output",    "r.json"};
  arguments.insert(arguments.begin(), "prefill");
  arguments.insert(arguments.end(), common.begin(), common.end());
  const ProgramResult run = RunProgram("sotto", arguments, {.working_dir = dir.path()});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  std::vector<json> lines;
  for (const std::string& line : SplitLines(dir.Read("l.jsonl")))
    lines.push_back(json::parse(line));
  return lines;
}

// heldout.txt in windows of ids, as models/kjv-2m/reference says.
std::string HeldOutWindows(const json& reference) {
  const auto tokenizer = Tokenizer::Load(ShippedModelDir() + "/tokenizer.json");
  EXPECT_TRUE(tokenizer.ok());
  const auto ids = tokenizer->Encode(ReadAll(ShippedModelDir() + "/heldout.txt"), {});
  EXPECT_TRUE(ids.ok());
  const size_t length = reference["window_tokens"];
  std::string lines;
  for (size_t w = 0; w < reference["windows"]; ++w) {
    json window = {tokenizer->bos_ids()[0]};
    for (size_t i = 0; i < length; ++i) window.push_back((*ids)[w * length + i]);
    lines += json{{"ids", window}}.dump() + "\n";
  }
  return lines;
}

TEST(Reference, HeldOutTextOfTheShippedModel) {
  const json reference = json::parse(ReadAll(ShippedModelDir() + "/reference/reference.json"));
  const TempDir dir;
  dir.Write("p.jsonl", HeldOutWindows(reference));
  const std::vector<json> lines =
      Score(dir, {"--prompts", "p.jsonl", "--prefill-length", "257", "--model", ShippedModelDir()});
  ASSERT_EQ(lines.size(), reference["windows"].get<size_t>());
  double nll = 0;
  for (const json& line : lines) nll -= line["sum_logprob"].get<double>();
  const double per_token = nll / reference["scored_tokens"].get<double>();
  EXPECT_NEAR(per_token, reference["nll_per_token"].get<double>(), 1e-5);
}

// Directories whose texts stand in nll.json under the same name.
class SharedReference : public testing::TestWithParam<const char*> {};

TEST_P(SharedReference, NegativeLogLikelihoodOfEveryText) {
  const auto data = TestDataDir();
  if (!data.has_value()) GTEST_SKIP() << kNoTestData;
  const json references = json::parse(ReadAll(*data + "/reference/nll.json"))[GetParam()];
  json prompts = json::array();
  for (const json& reference : references) {
    const std::string source = reference["source"];
    const auto texts = ReadAll(*data + "/texts/" + source + ".txt");
    constexpr std::string_view kSeparator = "\n<|endoftext|>\n";
    size_t begin = 0;
    for (size_t i = 0; i < reference["index"]; ++i) {
      begin = texts.find(kSeparator, begin) + kSeparator.size();
    }
    const size_t end = texts.find(kSeparator, begin);
    begin = texts.find_first_not_of('\n', begin);  // One text begins with line feeds.
    prompts.push_back(texts.substr(begin, end - begin));
  }
  const TempDir dir;
  dir.Write("p.json", prompts.dump());
  const std::vector<json> lines = Score(
      dir, {"--prompts", "p.json", "--prefill-length", "512", "--model", *data + "/" + GetParam()});
  ASSERT_EQ(lines.size(), references.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    const double scored = references[i]["scored_tokens"];
    ASSERT_EQ(lines[i]["ids"].size(), scored + 1) << i;
    EXPECT_NEAR(-lines[i]["sum_logprob"].get<double>() / scored,
                references[i]["nll"].get<double>() / scored, 1e-5)
        << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Directories, SharedReference,
                         testing::Values("stories260K", "stories260K-bf16-sharded",
                                         "stories260K-f16-untied"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace sotto
