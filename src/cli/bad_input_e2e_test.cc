// Whatever is wrong, the program says so in one line that names the thing, ends with a code other
// than zero, and leaves no file behind: no result, no temporary.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr int kFailure = 1;
constexpr int kUsage = 2;

size_t FileCount(const std::string& dir) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(dir), {}));
}

// Runs `sotto prefill` in an empty directory, and checks all that every refusal has in common.
void ExpectRefusal(const std::vector<std::string>& flags, int exit_code, const std::string& names,
                   ProgramOptions options = {}) {
  const TempDir dir;
  if (options.working_dir == ".") options.working_dir = dir.path();
  const size_t files_before = FileCount(options.working_dir);
  std::vector<std::string> arguments = {"prefill"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const ProgramResult run = RunProgram("sotto", arguments, options);
  EXPECT_EQ(run.exit_code, exit_code) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, testing::StartsWith("sotto: error: "));
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr(names));
  EXPECT_EQ(FileCount(options.working_dir), files_before);
}

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

TEST(BadCommandLine, StrayWordsAreNotRepeated) {
  const ProgramResult run = RunProgram("sotto", {"prefill", "--prompt", "my", "hunter2"});
  EXPECT_EQ(run.exit_code, kUsage);
  EXPECT_THAT(run.err, testing::Not(HasSubstr("hunter2")));
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
  ExpectRefused("none.jsonl", "{\"prompt\": \"a\"}\n{\"text\": \"b\"}", "none.jsonl: line 2");
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
  ExpectRefusal({"--prompt", long_prompt, "--prefill-length", "1024", "--logprobs", "l.jsonl"},
                kFailure, "l.jsonl", limited);
  ExpectRefusal({"--prompt", long_prompt}, kFailure, "tee_only_results.json", limited);
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

// A copy of the shipped model with one file replaced.
class BadModel : public testing::Test {
 protected:
  BadModel() {
    for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) {
      fs::copy(ShippedModelDir() + "/" + name, dir_.File(name));
    }
  }
  void ExpectRefused(const std::string& names) {
    ExpectRefusal({"--model", dir_.path()}, kFailure, names);
  }
  void WithConfig(const std::string& key, const json& value, const std::string& names) {
    json config = json::parse(config_);
    config[key] = value;
    dir_.Write("config.json", config.dump());
    ExpectRefused(names);
    dir_.Write("config.json", config_);
  }
  // Changes the weights' header by `edit`, keeping or correcting its length field.
  void WithHeader(const std::function<void(json&)>& edit, const std::string& names) {
    uint64_t size = 0;
    std::memcpy(&size, weights_.data(), sizeof(size));
    json header = json::parse(weights_.substr(8, size));
    edit(header);
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const uint64_t new_size = text.size();
    WithWeights(
        std::string(reinterpret_cast<const char*>(&new_size), 8) + text + weights_.substr(8 + size),
        names);
  }
  void WithWeights(const std::string& bytes, const std::string& names) {
    dir_.Write("model.safetensors", bytes);
    ExpectRefused(names);
    dir_.Write("model.safetensors", weights_);
  }

  TempDir dir_;
  const std::string config_ = ReadFile(ShippedModelDir() + "/config.json").value();
  const std::string weights_ = ReadFile(ShippedModelDir() + "/model.safetensors").value();
};

constexpr char kTensor[] = "model.layers.2.mlp.up_proj.weight";

TEST_F(BadModel, MissingParts) {
  ExpectRefusal({"--model", "/nonexistent"}, kFailure, "/nonexistent");
  ExpectRefusal({"--model", dir_.File("config.json")}, kFailure, "config.json");
  fs::remove(dir_.File("tokenizer.json"));
  ExpectRefused("tokenizer.json");
  fs::remove(dir_.File("model.safetensors"));
  ExpectRefused("model.safetensors");
  fs::remove(dir_.File("config.json"));
  ExpectRefused("config.json");
}

TEST_F(BadModel, WrongConfigFieldsAreNamed) {
  for (const char* field : {"hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size",
                            "intermediate_size", "max_position_embeddings"}) {
    for (const json& value : {json(0), json(-1), json(1e18), json("8")}) {
      WithConfig(field, value, field);
    }
  }
  WithConfig("vocab_size", nullptr, "vocab_size");
  WithConfig("rms_norm_eps", -1, "rms_norm_eps");
  WithConfig("rope_scaling", {{"rope_type", "yarn"}}, "yarn");
  WithConfig("hidden_act", "gelu", "gelu");
  WithConfig("architectures", {"MistralForCausalLM"}, "MistralForCausalLM");
  WithConfig("intermediate_size", 513, "mlp");
  dir_.Write("config.json", config_.substr(0, config_.size() / 2));
  ExpectRefused("config.json");
}

TEST_F(BadModel, DamagedWeights) {
  WithWeights("", "model.safetensors");
  WithWeights(weights_.substr(0, 5), "model.safetensors");
  WithWeights(weights_.substr(0, weights_.size() - 1), "model.safetensors");
  WithWeights(weights_ + "x", "model.safetensors");
  std::string huge_header = weights_;
  std::memset(huge_header.data(), 0xff, 8);
  WithWeights(huge_header, "model.safetensors");
  WithHeader([](json& header) { header.erase(kTensor); }, "model.safetensors");
  WithHeader(
      [](json& header) {
        header["another"] = header[kTensor];
        header.erase(kTensor);
      },
      kTensor);
  WithHeader([](json& header) { header[kTensor]["shape"] = {512, 191}; }, kTensor);
  WithHeader([](json& header) { header[kTensor]["shape"] = {192, 512}; }, kTensor);
  WithHeader([](json& header) { header[kTensor]["dtype"] = "I16"; }, "I16");
  WithHeader(
      [](json& header) {
        header[kTensor]["data_offsets"] = header["model.norm.weight"]["data_offsets"];
      },
      "model.safetensors");
}

TEST_F(BadModel, WeightsThatAreNoNumbers) {
  uint64_t size = 0;
  std::memcpy(&size, weights_.data(), sizeof(size));
  const json header = json::parse(weights_.substr(8, size));
  const size_t offset = 8 + size + header[kTensor]["data_offsets"][0].get<size_t>() + 1000;
  for (const char* bits : {"\xc0\x7f", "\x80\x7f", "\x80\xff"}) {  // BF16 NaN, +inf, -inf.
    std::string bad = weights_;
    bad.replace(offset, 2, bits, 2);
    WithWeights(bad, kTensor);
  }
}

TEST_F(BadModel, DamagedTokenizer) {
  const std::string good = dir_.Read("tokenizer.json");
  const auto with = [&](const std::function<void(json&)>& edit, const std::string& names) {
    json tokenizer = json::parse(good);
    edit(tokenizer);
    dir_.Write("tokenizer.json", tokenizer.dump());
    ExpectRefused("tokenizer.json");
    ExpectRefused(names);
  };
  dir_.Write("tokenizer.json", good.substr(0, good.size() / 2));
  ExpectRefused("tokenizer.json");
  with([](json& t) { t["model"].erase("merges"); }, "merges");
  with([](json& t) { t["model"].erase("vocab"); }, "vocab");
  with([](json& t) { t["model"]["vocab"]["!"] = 1; }, "vocab");
  with([](json& t) { t["model"]["vocab"]["!"] = 1 << 30; }, "vocab");
  with([](json& t) { t["model"]["type"] = "WordPiece"; }, "WordPiece");
}

}  // namespace
}  // namespace sotto
