// An output that names an input, or another output, is refused before anything is read, and changes
// nothing; a result is its owner's alone, and never opens a file that was closed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "testing/prefill_program.h"
#include "testing/test_certificate.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

class NamedFilesTest : public PrefillTest {
 protected:
  NamedFilesTest() {
    dir_.Write("p.txt", kPrompts);
    fs::create_directory(dir_.File("m"));
    for (const char* name : {"config.json", "tokenizer.json", "model.safetensors"}) {
      fs::copy(ShippedModelDir() + "/" + name, dir_.File("m"));
    }
  }
  // Every file, by its path, with what it holds.
  std::map<std::string, std::string> Contents() const {
    std::map<std::string, std::string> contents;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path())) {
      const std::string path = entry.path().lexically_relative(dir_.path());
      if (entry.is_regular_file()) contents[path] = dir_.Read(path);
    }
    return contents;
  }
  void ExpectClash(const std::vector<std::string>& arguments, const std::string& a,
                   const std::string& b) {
    const auto before = Contents();
    const ProgramResult run = RunProgram("sotto", arguments, {.working_dir = dir_.path()});
    EXPECT_EQ(run.exit_code, kFailure) << run.err;
    EXPECT_THAT(run.err, AllOf(HasSubstr(a), HasSubstr(b), HasSubstr("the same file")));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_TRUE(Contents() == before);
  }
  // Of `sotto prefill`, with a model and prompts of this directory.
  void ExpectPrefillClash(const std::vector<std::string>& more, const std::string& a,
                          const std::string& b) {
    std::vector<std::string> arguments = {"prefill", "--model", "m", "--prompts", "p.txt"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    ExpectClash(arguments, a, b);
  }
  mode_t Mode(const std::string& name) const {
    struct stat info;
    return stat(dir_.File(name).c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
  }

  static constexpr char kPrompts[] = "In the beginning\n";
};

TEST_F(NamedFilesTest, AnOutputIsNoInput) {
  for (const char* flag : {"--output", "--logprobs"}) {
    ExpectPrefillClash({flag, "p.txt"}, flag, "--prompts");
    ExpectPrefillClash({flag, "m/../p.txt"}, flag, "--prompts");
    for (const char* name : {"config.json", "tokenizer.json", "model.safetensors"}) {
      ExpectPrefillClash({flag, std::string("m/") + name}, flag, "--model");
    }
    // Not there, and yet it would be read the next time.
    for (const char* name : {"model.safetensors.index.json", "tokenizer_config.json",
                             "generation_config.json", "tokenizer.model"}) {
      ExpectPrefillClash({flag, std::string("m/") + name}, flag, "--model");
    }
  }
  ExpectPrefillClash({"--save-logits", "m/model.safetensors"}, "--save-logits", "--model");
}

TEST_F(NamedFilesTest, ThroughLinksToo) {
  fs::create_symlink("p.txt", dir_.File("soft"));
  fs::create_hard_link(dir_.File("p.txt"), dir_.File("hard"));
  fs::create_symlink("m", dir_.File("models"));
  ExpectPrefillClash({"--output", "soft"}, "--output", "--prompts");
  ExpectPrefillClash({"--output", "hard"}, "--output", "--prompts");
  ExpectPrefillClash({"--output", "models/config.json"}, "--output", "--model");
  ExpectPrefillClash({"--output", "new", "--logprobs", "m/../new"}, "--logprobs", "--output");
  ExpectPrefillClash({"--output", "models/a", "--logprobs", "m/a"}, "--logprobs", "--output");
}

TEST_F(NamedFilesTest, ALinkIsWrittenThroughToWhereThereIsNoFileYet) {
  fs::create_symlink("new", dir_.File("link"));
  fs::create_symlink("../link", dir_.File("m/link"));
  ExpectPrefillClash({"--output", "new", "--logprobs", "link"}, "--logprobs", "--output");
  ExpectPrefillClash({"--output", "m/link", "--logprobs", "link"}, "--logprobs", "--output");
  Result({"--prompts", "p.txt", "--output", "m/link"}, {}, "new");
  EXPECT_TRUE(fs::is_symlink(dir_.File("m/link")));
  EXPECT_TRUE(fs::is_symlink(dir_.File("link")));
}

TEST_F(NamedFilesTest, AVariableIsNamed) {
  const ProgramResult run =
      Sotto({"--model", "m"}, {{"LLAMA_TEE_RESULT_PATH", "p.txt"}, {"LLAMA_PROMPT_PATH", "p.txt"}});
  EXPECT_EQ(run.exit_code, kFailure);
  EXPECT_THAT(run.err, AllOf(HasSubstr("LLAMA_TEE_RESULT_PATH"), HasSubstr("LLAMA_PROMPT_PATH")));
}

TEST_F(NamedFilesTest, NorShardKeyCertificateOrCachedWeights) {
  fs::rename(dir_.File("m/model.safetensors"), dir_.File("m/model-00001-of-00001.safetensors"));
  dir_.Write("m/model.safetensors.index.json",
             "{\"weight_map\": {\"x\": \"model-00001-of-00001.safetensors\"}}");
  ExpectPrefillClash({"--output", "m/model-00001-of-00001.safetensors"}, "--output", "--model");
  dir_.Write("key", std::string(32, 'k'));
  ExpectPrefillClash({"--output", "key", "--key-file", "key"}, "--output", "--key-file");
  dir_.Write("ca", TestCertificate::Make().certificate);
  ExpectPrefillClash({"--output", "ca", "--split", "--accelerator-ca", "ca"}, "--output",
                     "--accelerator-ca");
  fs::create_directory(dir_.File("cache"));
  fs::create_hard_link(dir_.File("p.txt"), dir_.File("cache/sotto-x.weights"));
  ExpectPrefillClash({"--weight-cache", "cache"}, "--weight-cache", "--prompts");
}

TEST_F(NamedFilesTest, NorOfAnotherCommand) {
  dir_.Write("key", std::string(32, 'k'));
  ExpectClash({"model", "seal", "m", "--out", "m/model.safetensors"}, "--out", "DIR");
  ExpectClash({"model", "seal", "m", "--out", "m/config.json"}, "--out", "DIR");
  ExpectClash({"model", "seal", "m", "--out", "key", "--key-file", "key"}, "--out", "--key-file");
  fs::create_directory(dir_.File("bench"));
  fs::create_symlink("../m/config.json", dir_.File("bench/bench.json"));
  ExpectClash({"bench", "--model", "m", "--output", "bench"}, "--output", "--model");
}

TEST_F(NamedFilesTest, OtherFilesOfTheModelsDirectoryAreTheUsersOwn) {
  for (int i = 0; i < 2; ++i) {
    Result({"--model", "m", "--prompts", "p.txt", "--output", "m/result.json", "--save-logits",
            "m/logits.safetensors"},
           {}, "m/result.json");
  }
  Result({"--model", "m", "--prompts", "p.txt", "--weight-cache", "m"});
  Result({"--output", "/dev/null", "--logprobs", "/dev/null", "--save-logits", "l.npy"});
}

TEST_F(NamedFilesTest, ResultsAreTheirOwnersAlone) {
  Result({"--output", "r.json", "--logprobs", "l.jsonl", "--save-logits", "l.npy"}, {}, "r.json");
  for (const char* name : {"r.json", "l.jsonl", "l.npy"}) EXPECT_EQ(Mode(name), 0600u) << name;
}

TEST_F(NamedFilesTest, AResultNeverWidensAFilesMode) {
  for (const char* name : {"r.json", "l.jsonl", "l.npy"}) {
    dir_.Write(name, "old");
    fs::permissions(dir_.File(name), fs::perms{0640});
  }
  fs::permissions(dir_.File("r.json"), fs::perms{0400});
  Result({"--output", "r.json", "--logprobs", "l.jsonl", "--save-logits", "l.npy"}, {}, "r.json");
  EXPECT_EQ(Mode("r.json"), 0400u);
  EXPECT_EQ(Mode("l.jsonl"), 0640u);
  EXPECT_EQ(Mode("l.npy"), 0640u);
}

}  // namespace
}  // namespace sotto
