// Names that others choose: of files, shards, directories. None may drive the terminal, and none
// may cost a result.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "testing/prefill_program.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

// ESC, CSI as a character and as a byte, RIGHT-TO-LEFT OVERRIDE, and not UTF-8.
constexpr char kStrange[] =
    "a\x1b]0;b\x07\xc2\x9b"
    "2J\x9b"
    "c\xe2\x80\xae"
    "d\xff";

void ExpectFit(const std::string& err) {
  for (const char* unfit : {"\x1b", "\x07", "\xc2\x9b", "\xe2\x80\xae", "\x9b", "\xff"}) {
    EXPECT_THAT(err, testing::Not(HasSubstr(unfit)));
  }
}

using StrangeNamesTest = PrefillTest;

TEST_F(StrangeNamesTest, InMessagesAreMadeFit) {
  const std::string name = kStrange;
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--prompts", name},
                                                    {"--model", name},
                                                    {"--output", "missing/" + name},
                                                    {"--" + name},
                                                    {"--precision", name},
                                                    {"--split", "--accelerator", name}}) {
    const ProgramResult run = Sotto(arguments);
    EXPECT_NE(run.exit_code, 0);
    EXPECT_THAT(run.err, HasSubstr("sotto: error: "));
    ExpectFit(run.err);
  }
}

TEST_F(StrangeNamesTest, OfAShardToo) {
  fs::create_directory(dir_.File("m"));
  fs::copy(ShippedModelDir() + "/config.json", dir_.File("m"));
  dir_.Write("m/model.safetensors.index.json",
             "{\"weight_map\": {\"x\": \"\\u001b[2J\\u009b\\u202e.safetensors\"}}");
  const ProgramResult run = Sotto({"--model", "m"});
  EXPECT_EQ(run.exit_code, kFailure);
  ExpectFit(run.err);
}

TEST_F(StrangeNamesTest, OfTheModelCostNoResult) {
  for (const std::string& name : {std::string("caf\xe9"), std::string(kStrange)}) {
    fs::create_directory(dir_.File(name));
    for (const char* file : {"config.json", "tokenizer.json", "model.safetensors"}) {
      fs::create_symlink(ShippedModelDir() + "/" + file, dir_.File(name) + "/" + file);
    }
    const json result = Result({"--model", name, "--logprobs", "l.jsonl"});
    EXPECT_THAT(result["model"]["name"].get<std::string>(), HasSubstr("\xef\xbf\xbd"));
  }
}

TEST_F(StrangeNamesTest, OfTheOutputsAreKept) {
  const std::string name = kStrange;
  const ProgramResult run = Sotto({"--output", name});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_TRUE(fs::exists(dir_.File(name)));
  ExpectFit(run.err);
}

}  // namespace
}  // namespace sotto
