// Whatever is wrong, the program says so in one line that names the thing, ends with a code other
// than zero, and leaves no file behind: no result, no temporary.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

#include "testing/prefill_program.h"

namespace sotto {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

TEST(BadCommandLine, IsRefusedNamingTheFlag) {
  ExpectRefusal({"--frobnicate"}, kUsage, "--frobnicate");
  ExpectRefusal({"--model"}, kUsage, "--model");
  for (const char* flag : {"--prefill-length", "--batch-size", "--threads"}) {
    for (const char* value : {"0", "-1", "many", "", "1.5", "99999999999999999999"}) {
      ExpectRefusal({flag, value}, kUsage, flag);
    }
  }
  ExpectRefusal({"--precision", "f64"}, kUsage, "--precision");
  ExpectRefusal({"--logits", "some"}, kUsage, "--logits");
  ExpectRefusal({"--progress", "maybe"}, kUsage, "--progress");
  ExpectRefusal({"--log-level", "loud"}, kUsage, "--log-level");
  ExpectRefusal({"--save-logits", "x.bin"}, kUsage, "--save-logits");
  ExpectRefusal({"--weight-cache", ""}, kUsage, "--weight-cache");
  ExpectRefusal({"--weight-cache", ".", "--key-file", "k"}, kUsage, "--weight-cache");
  ExpectRefusal({"--output", ""}, kUsage, "--output");
  ExpectRefusal({"--logits", "last", "--logprobs", "x"}, kUsage, "--logprobs");
  ExpectRefusal({"--prompt", "a", "--prompts", "b"}, kUsage, "--prompt");
  ExpectRefusal({"--batch-size", "1", "--batch-size", "2"}, kUsage, "--batch-size");
}

TEST(BadCommandLine, NamesTheHelpOfTheCommand) {
  ExpectRefusal({"--zzzzzz"}, kUsage, "unknown flag \"--zzzzzz\" (see sotto prefill --help)");
  ExpectRefusal({"--promts", "x"}, kUsage, "unknown flag \"--promts\"; did you mean --prompts?");
  ExpectRefusal({"--model"}, kUsage, "--model: needs a value, DIR (see");
  EXPECT_THAT(RunProgram("sotto", {"prefil"}).err, HasSubstr("did you mean prefill?"));
  EXPECT_THAT(RunProgram("sotto", {"model", "seal"}).err,
              HasSubstr("(see sotto model seal --help)"));
  EXPECT_THAT(RunProgram("sotto", {"fly"}).err, HasSubstr("(see sotto --help)"));
}

TEST(BadCommandLine, StrayWordsAreNotRepeated) {
  const ProgramResult run = RunProgram("sotto", {"prefill", "--prompt", "my", "hunter2"});
  EXPECT_EQ(run.exit_code, kUsage);
  EXPECT_THAT(run.err, testing::Not(HasSubstr("hunter2")));
}

TEST(ModelPath, WhatIsNoneIsCalledByItsName) {
  TempDir dir;
  dir.Write("x.gguf", "GGUF....");
  ExpectRefusal({"--model", dir.File("x.gguf")}, kFailure, "x.gguf is a GGUF file; needed is");
  dir.Write("model.safetensors", "x");
  ExpectRefusal({"--model", dir.File("model.safetensors")}, kFailure,
                "is one file of a model: give its directory, " + dir.path());
  ExpectRefusal({"--model", "meta-llama/Llama-3.2-1B"}, kFailure,
                "models are not downloaded by name");
}

TEST(WordsForFlags, PrintWhatTheFlagsPrint) {
  EXPECT_EQ(RunProgram("sotto", {"help"}).out, RunProgram("sotto", {"--help"}).out);
  EXPECT_EQ(RunProgram("sotto", {"version"}).out, RunProgram("sotto", {"--version"}).out);
}

TEST(Environment, MakesNoLibraryWriteFiles) {
  TempDir dir;
  const ProgramResult run =
      RunProgram("sotto", {"prefill", "--prompt", "God", "--output", "r.json"},
                 {.working_dir = dir.path(),
                  .environment = {{"ONEDNN_JIT_DUMP", "1"}, {"ONEDNN_VERBOSE", "1"}}});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1);
}

TEST(BadVariable, IsNamed) {
  for (const char* name : {"LLAMA_PREFILL_LENGTH", "LLAMA_TEE_BATCH_SIZE"}) {
    for (const char* value : {"0", "-5", "x"}) {
      ExpectRefusal({}, kUsage, name, {.environment = {{name, value}}});
    }
  }
  ExpectRefusal({}, kFailure, "/nonexistent/model",
                {.environment = {{"LLAMA_MODEL_PATH", "/nonexistent/model"}}});
  ExpectRefusal({}, kFailure, "/nonexistent/p.txt",
                {.environment = {{"LLAMA_PROMPT_PATH", "/nonexistent/p.txt"}}});
  ExpectRefusal({}, kFailure, "/nonexistent/r.json",
                {.environment = {{"LLAMA_TEE_RESULT_PATH", "/nonexistent/r.json"}}});
  ExpectRefusal({}, kFailure, "LLAMA_PREFILL_LENGTH",
                {.environment = {{"LLAMA_PREFILL_LENGTH", "1025"}}});
}

TEST(BadLength, BeyondThePositionsOfTheModel) {
  ExpectRefusal({"--prefill-length", "1025"}, kFailure, "--prefill-length");
}

class BadPrompts : public testing::Test {
 protected:
  void ExpectRefused(const std::string& name, const std::string& contents,
                     const std::string& names) {
    ExpectRefusal({"--prompts", dir_.Write(name, contents)}, kFailure, names);
  }
  TempDir dir_;
};

TEST_F(BadPrompts, AreRefusedNamingTheFile) {
  ExpectRefusal({"--prompts", dir_.File("missing.txt")}, kFailure, "missing.txt");
  ExpectRefusal({"--prompts", dir_.path()}, kFailure, dir_.path());
  ExpectRefused("empty.txt", "", "empty.txt");
  ExpectRefused("blank.txt", "\n\r\n  \n", "blank.txt");
  ExpectRefused("empty.json", "[]", "empty.json");
  ExpectRefused("object.json", "{}", "object.json");
  ExpectRefused("cut.json", "[\"a\", \"b", "cut.json");
  ExpectRefused("none.jsonl", "{\"prompt\": \"a\"}\n{\"texts\": \"b\"}", "none.jsonl: line 2");
  ExpectRefused("ids.jsonl", "{\"ids\": [1, 2048]}", "ids.jsonl: line 1: the id at position 1");
}

TEST_F(BadPrompts, InvalidUtf8IsRefusedWithItsOffset) {
  ExpectRefused("utf8.txt",
                "good\nabc\xff"
                "def\n",
                "utf8.txt: line 2");
  const ProgramResult run =
      RunProgram("sotto", {"prefill", "--prompt", "ok", "--prompt", "abc\xed\xa0\x80"},
                 {.working_dir = dir_.path()});
  EXPECT_EQ(run.exit_code, kFailure);
  EXPECT_THAT(run.err, HasSubstr("--prompt 2"));
  EXPECT_THAT(run.err, HasSubstr("3"));
}

// Two outputs would otherwise write over each other; a directory would fail after the work.
TEST(BadOutput, IsRefusedBeforeTheWork) {
  const TempDir dir;
  ExpectRefusal({"--output", "/nonexistent/r.json"}, kFailure, "/nonexistent/r.json");
  ExpectRefusal({"--logprobs", "/nonexistent/l.jsonl"}, kFailure, "/nonexistent/l.jsonl");
  ExpectRefusal({"--save-logits", "/nonexistent/x.npy"}, kFailure, "/nonexistent/x.npy");
  ExpectRefusal({"--output", dir.path()}, kFailure, "is a directory");
  ExpectRefusal({"--output", "same", "--logprobs", "./same"}, kFailure, "same");
}

TEST(BadOutput, AReadOnlyDirectory) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const TempDir dir;
  fs::permissions(dir.path(), fs::perms::owner_read | fs::perms::owner_exec);
  ExpectRefusal({"--output", dir.File("r.json")}, kFailure, "r.json");
  fs::permissions(dir.path(), fs::perms::owner_all);
}

TEST(FullDisk, IsAnErrorAndLeavesNothing) {
  ExpectRefusal({"--output", "/dev/full"}, kFailure, "/dev/full");
  // A limit stands in for a full disk: the same calls fail.
  const ProgramOptions limited = {.file_size_limit_bytes = 8192};
  ExpectRefusal({"--save-logits", "x.npy"}, kFailure, "x.npy", limited);
  ExpectRefusal({"--save-logits", "x.safetensors"}, kFailure, "x.safetensors", limited);
  const std::string long_prompt(12000, 'a');
  ExpectRefusal({"--prompt", long_prompt, "--prefill-length", "1024", "--logprobs", "l.jsonl",
                 "--log-level", "error"},
                kFailure, "l.jsonl", limited);
  ExpectRefusal({"--prompt", long_prompt, "--log-level", "error"}, kFailure,
                "tee_only_results.json", limited);
}

TEST(FullDisk, OnAFileSystemOfItsOwn) {
  const TempDir dir;
  if (mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "may not mount a small file system here: " << std::strerror(errno);
  }
  ExpectRefusal({"--save-logits", "x.npy"}, kFailure, "x.npy: cannot reserve 1048704 bytes",
                {.working_dir = dir.path()});
  umount(dir.path().c_str());
}

TEST(ExistingOutput, SurvivesAFailedRun) {
  const TempDir dir;
  dir.Write("tee_only_results.json", "precious");
  const ProgramResult run = RunProgram("sotto", {"prefill", "--prompt", std::string(12000, 'a')},
                                       {.working_dir = dir.path(), .file_size_limit_bytes = 8192});
  EXPECT_EQ(run.exit_code, kFailure);
  EXPECT_EQ(dir.Read("tee_only_results.json"), "precious");
}

}  // namespace
}  // namespace sotto
