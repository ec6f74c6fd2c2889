// Two megabytes of brackets, or a pipe that nobody writes to, in place of any file that is read:
// both programs say in one line what is wrong and where, and end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/strings.h"
#include "testing/prefill_program.h"
#include "testing/safetensors_bytes.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLevels = 1 << 20;

std::string Deep(std::string_view before, std::string_view after) {
  return StrCat(before, std::string(kLevels, '['), std::string(kLevels, ']'), after);
}

// A copy of the shipped model of which one file after the other is replaced.
class BadFile : public testing::Test {
 protected:
  BadFile() {
    for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) {
      fs::copy(ShippedModelDir() + "/" + name, dir_.File(name));
    }
  }

  void ExpectRefusals(const std::string& file, const std::string& what) {
    const std::string names = StrCat(file, ": ", what);
    ExpectRefusal({"--model", dir_.path()}, kFailure, names);
    if (file == "tokenizer.json") return;  // No concern of the programs below.
    ExpectOneLine(RunProgram("sotto", {"model", "inspect", dir_.path()}), names);
    ExpectOneLine(RunProgram("sotto-accelerator", {"--model", dir_.path(), "--listen",
                                                   "localhost:0", "--device", "cpu"}),
                  names);
  }

  TempDir dir_;

 private:
  static void ExpectOneLine(const ProgramResult& run, const std::string& names) {
    EXPECT_GT(run.exit_code, 0) << run.err;
    const std::string err = UnusualMessages(run.err);
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << run.err;
    EXPECT_THAT(run.err, testing::HasSubstr(names));
  }
};

TEST_F(BadFile, DeepConfig) {
  dir_.Write("config.json", Deep("{\"rope_scaling\":", "}"));
  ExpectRefusals("config.json", "nests deeper than 64 levels");
}

TEST_F(BadFile, DeepTensorHeader) {
  dir_.Write("model.safetensors", SafetensorsBytes(Deep("{\"__metadata__\":", "}"), ""));
  ExpectRefusals("model.safetensors", "nests deeper than 64 levels");
}

TEST_F(BadFile, DeepShardIndex) {
  fs::remove(dir_.File("model.safetensors"));
  dir_.Write("model.safetensors.index.json", Deep("{\"weight_map\":", "}"));
  ExpectRefusals("model.safetensors.index.json", "nests deeper than 64 levels");
}

TEST_F(BadFile, DeepTokenizer) {
  dir_.Write("tokenizer.json", Deep("{\"model\":", "}"));
  ExpectRefusals("tokenizer.json", "nests deeper than 64 levels");
}

TEST_F(BadFile, APipeInPlaceOfAFile) {
  for (const char* file : {"config.json", "model.safetensors", "tokenizer.json"}) {
    fs::rename(dir_.File(file), dir_.File("aside"));
    ASSERT_EQ(mkfifo(dir_.File(file).c_str(), 0600), 0);
    ExpectRefusals(file, "not a regular file");
    fs::remove(dir_.File(file));
    fs::rename(dir_.File("aside"), dir_.File(file));
  }
}

TEST(BadPromptFile, DeepPrompts) {
  const TempDir dir;
  const std::string too_deep = "nests deeper than 64 levels";
  ExpectRefusal({"--prompts", dir.Write("p.json", Deep("", ""))}, kFailure, "p.json: " + too_deep);
  for (const char* before : {"{\"prompt\":\"a\",\"id\":", "{\"prompt\":", "{\"ids\":", "{\"x\":"}) {
    ExpectRefusal({"--prompts", dir.Write("p.jsonl", Deep(before, "}"))}, kFailure,
                  "p.jsonl: line 1: " + too_deep);
  }
}

}  // namespace
}  // namespace sotto
