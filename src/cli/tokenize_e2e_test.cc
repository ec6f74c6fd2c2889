// `sotto tokenize`: whose tokenizer it takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "testing/prefill_program.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class TokenizeTest : public testing::Test {
 protected:
  ProgramResult Tokenize(std::vector<std::string> flags,
                         std::map<std::string, std::string> environment = {}) {
    flags.insert(flags.begin(), "tokenize");
    return RunProgram("sotto", flags,
                      {.environment = std::move(environment), .input = "{\"text\":\"God\"}\n"});
  }

  const std::string shipped_ = ShippedModelDir();
  const std::string ids_ = Tokenize({"--model", shipped_}).out;
};

TEST_F(TokenizeTest, TakesTheShippedModelsUnlessToldOtherwise) {
  EXPECT_THAT(ids_, HasSubstr("{\"ids\":["));
  EXPECT_EQ(Tokenize({}).out, ids_);
  EXPECT_EQ(Tokenize({}, {{"LLAMA_MODEL_PATH", shipped_}}).out, ids_);
}

TEST_F(TokenizeTest, AFlagBeatsTheVariable) {
  const std::map<std::string, std::string> elsewhere = {{"LLAMA_MODEL_PATH", "/nonexistent"}};
  const ProgramResult run = Tokenize({}, elsewhere);
  EXPECT_EQ(run.exit_code, kFailure);
  EXPECT_THAT(run.err, HasSubstr("/nonexistent/tokenizer.json"));
  EXPECT_EQ(Tokenize({"--model", shipped_}, elsewhere).out, ids_);
  EXPECT_EQ(Tokenize({"--tokenizer", shipped_ + "/tokenizer.json"}, elsewhere).out, ids_);
}

TEST_F(TokenizeTest, ItsOutputIsNotItsInput) {
  TempDir dir;
  dir.Write("t.jsonl", "{\"text\":\"God\"}\n");
  const std::string program = fs::read_symlink("/proc/self/exe").parent_path() / "../bin/sotto";
  const std::string command = program + " tokenize < t.jsonl >> t.jsonl 2> err";
  EXPECT_NE(std::system(("cd " + dir.path() + " && " + command).c_str()), 0);
  EXPECT_THAT(dir.Read("err"), HasSubstr("standard output and standard input: the same file"));
  EXPECT_EQ(dir.Read("t.jsonl"), "{\"text\":\"God\"}\n");
}

TEST_F(TokenizeTest, OtherFormatsAreToldWhatToDo) {
  const TempDir dir;
  dir.Write("tokenizer.model", "\n\x0e");
  const std::string converted = ", which transformers converts: AutoTokenizer.from_pretrained(";
  EXPECT_THAT(
      Tokenize({"--tokenizer", dir.File("tokenizer.model")}).err,
      HasSubstr("tokenizer.model: is no tokenizer.json, but a SentencePiece model" + converted));
  EXPECT_THAT(Tokenize({"--model", dir.path()}).err,
              HasSubstr("; it has a tokenizer.model" + converted));
  const TempDir other;
  other.Write("m.gguf", "GGUF");
  EXPECT_THAT(Tokenize({"--model", other.path()}).err,
              HasSubstr(" holds a GGUF file, and no config.json; needed is a Hugging Face"));
}

// Of what a flag decides there is nothing to say.
TEST_F(TokenizeTest, FilesThatContradictEachOtherAreWarnedOf) {
  const TempDir dir;
  fs::copy_file(shipped_ + "/tokenizer.json", dir.File("tokenizer.json"));
  dir.Write("tokenizer_config.json",
            R"({"tokenizer_class": "LlamaTokenizer", "add_bos_token": false})");
  const std::string file = dir.File("tokenizer.json");
  const ProgramResult run = Tokenize({"--tokenizer", file});
  EXPECT_EQ(run.out, ids_);
  EXPECT_THAT(run.err, HasSubstr(dir.File("tokenizer_config.json") + ": add_bos_token is false"));
  EXPECT_THAT(run.err, HasSubstr("or BOS can be left out (--bos never)\n"));
  EXPECT_EQ(Tokenize({"--tokenizer", file, "--bos", "auto"}).err, run.err);
  for (const char* bos : {"always", "never"}) {
    EXPECT_EQ(Tokenize({"--tokenizer", file, "--bos", bos}).err, "");
  }
}

TEST_F(TokenizeTest, WhereNoFileNamesBosTheOtherMay) {
  const TempDir dir;
  std::ifstream shipped(shipped_ + "/tokenizer.json");
  nlohmann::json tokenizer = nlohmann::json::parse(shipped);
  tokenizer["post_processor"] = nullptr;
  dir.Write("tokenizer.json", tokenizer.dump());
  EXPECT_THAT(Tokenize({"--tokenizer", dir.File("tokenizer.json"), "--bos", "always"}).err,
              HasSubstr("which token is BOS; --model DIR, in place of --tokenizer, reads both\n"));
  fs::copy_file(shipped_ + "/config.json", dir.File("config.json"));
  EXPECT_EQ(Tokenize({"--model", dir.path(), "--bos", "always"}).out,
            Tokenize({"--model", shipped_, "--bos", "auto"}).out);
}

// But for what may be part of a prompt.
TEST_F(TokenizeTest, AnUnexpectedArgumentIsNamed) {
  const ProgramResult run = Tokenize({"stray"});
  EXPECT_EQ(run.exit_code, kUsage);
  EXPECT_THAT(run.err, HasSubstr("unexpected argument \"stray\""));
  const ProgramResult prompt = RunProgram("sotto", {"prefill", "--prompt", "In", "secret"});
  EXPECT_EQ(prompt.exit_code, kUsage);
  EXPECT_THAT(prompt.err, HasSubstr("unexpected argument (quote a prompt"));
  EXPECT_THAT(prompt.err, testing::Not(HasSubstr("secret")));
}

TEST_F(TokenizeTest, AFlagIsGivenOnce) {
  EXPECT_THAT(Tokenize({"--model", shipped_, "--model", "x"}).err,
              HasSubstr("error: --model: is given twice (see sotto tokenize --help)"));
  EXPECT_THAT(Tokenize({"--bos", "auto", "--bos", "auto", "--bos", "auto"}).err,
              HasSubstr("--bos: is given 3 times"));
}

TEST_F(TokenizeTest, TwoTokenizersAreOneTooMany) {
  EXPECT_EQ(Tokenize({"--model", shipped_, "--tokenizer", "t.json"}).exit_code, kUsage);
}

}  // namespace
}  // namespace sotto
