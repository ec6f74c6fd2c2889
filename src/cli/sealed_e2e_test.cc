// Sealed models as a user seals and runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/strings.h"
#include "testing/paths.h"
#include "testing/prefill_program.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

const std::string kShipped = SourceDir() + "/models/kjv-2m";
constexpr char kNotPinned[] = "opened without --weights-root";

class SealedTest : public testing::Test {
 protected:
  SealedTest() { dir_.Write("key", std::string(32, 'k')); }

  ProgramResult Sotto(const std::vector<std::string>& arguments) {
    return RunProgram("sotto", arguments, {.working_dir = dir_.path()});
  }
  // Seals and returns the root that is printed.
  std::string Seal(const std::string& model, const std::string& out,
                   const std::vector<std::string>& flags = {}) {
    std::vector<std::string> arguments = {"model", "seal", model, "--out", out};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const ProgramResult run = Sotto(arguments);
    SOTTO_CHECK(run.exit_code == 0);
    return run.out.substr(0, run.out.find('\n'));
  }
  ProgramResult Prefill(const std::string& model, const std::vector<std::string>& flags = {}) {
    std::vector<std::string> arguments = {
        "prefill", "--model", model, "--prefill-length", "16", "--save-logits", "l.npy", "--output",
        "out.json", "--prompt", "In the beginning",
        // What `auto` measures may differ from run to run; here bits are compared.
        "--precision", "f32"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return Sotto(arguments);
  }
  // One line that holds `what`, a failure's exit code, and no file.
  void ExpectRefused(const ProgramResult& run, const std::string& what) {
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_EQ(run.out, "");
    const std::string err = UnusualMessages(run.err);
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << run.err;
    EXPECT_THAT(run.err, HasSubstr("sotto: error: "));
    EXPECT_THAT(run.err, HasSubstr(what));
    for (const auto& file : fs::directory_iterator(dir_.path())) {
      EXPECT_THAT(file.path().filename(), Not(testing::AnyOf(testing::StartsWith("out.json"),
                                                             testing::StartsWith("l.npy"))));
    }
  }

  TempDir dir_;
};

TEST_F(SealedTest, GivesTheSameLogitsToTheBit) {
  ASSERT_EQ(Prefill(kShipped).exit_code, 0);
  const std::string logits = dir_.Read("l.npy");
  const json plain = json::parse(dir_.Read("out.json"));
  EXPECT_FALSE(plain["model"].contains("pinned_root"));
  for (const std::vector<std::string>& key :
       {std::vector<std::string>{}, std::vector<std::string>{"--key-file", "key"}}) {
    const std::string root = Seal(kShipped, "m.sotto", key);
    std::vector<std::string> flags = {"--weights-root", root};
    flags.insert(flags.end(), key.begin(), key.end());
    fs::remove(dir_.File("l.npy"));
    const ProgramResult run = Prefill("m.sotto", flags);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_THAT(run.err, Not(HasSubstr(kNotPinned)));
    EXPECT_TRUE(dir_.Read("l.npy") == logits);
    const json sealed = json::parse(dir_.Read("out.json"));
    EXPECT_EQ(sealed["model"]["weights_sha256"], plain["model"]["weights_sha256"]);
    EXPECT_EQ(sealed["model"]["pinned_root"], root);
  }
}

TEST_F(SealedTest, AnUnpinnedModelOpensWithAWarning) {
  Seal(kShipped, "m.sotto");
  const ProgramResult run = Prefill("m.sotto");
  ASSERT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.err, HasSubstr(StrCat("warning: m.sotto: ", kNotPinned)));
  EXPECT_THAT(run.err, HasSubstr("an older version"));
  EXPECT_TRUE(json::parse(dir_.Read("out.json"))["model"]["pinned_root"].is_null());
}

TEST_F(SealedTest, KeysThatDoNotFitAreRefused) {
  const std::string root = Seal(kShipped, "m.sotto", {"--key-file", "key"});
  dir_.Write("other", std::string(32, 'o'));
  dir_.Write("short", "k");
  ExpectRefused(Prefill("m.sotto", {"--weights-root", root}),
                "--key-file: required, because m.sotto is encrypted");
  ExpectRefused(Prefill("m.sotto", {"--weights-root", root, "--key-file", "other"}),
                "chunk 0 of 1 is not the one that was sealed");
  ExpectRefused(Prefill("m.sotto", {"--weights-root", root, "--key-file", "short"}), "short");
  ExpectRefused(Prefill("m.sotto", {"--weights-root", root, "--key-file", "absent"}), "absent");
  Seal(kShipped, "public.sotto");
  ExpectRefused(Prefill("public.sotto", {"--key-file", "key"}), "not encrypted");
}

TEST_F(SealedTest, AnotherRootIsRefusedNamingBoth) {
  const std::string root = Seal(kShipped, "m.sotto"), other(64, 'a');
  const ProgramResult run = Prefill("m.sotto", {"--weights-root", other});
  ExpectRefused(run, root);
  ExpectRefused(run, other);
}

// A model of several chunks; a bit of each is flipped in turn.
TEST_F(SealedTest, AFlippedChunkIsRefusedByItsNumber) {
  json config = json::parse(std::ifstream(kShipped + "/config.json"));
  config["hidden_size"] = 512, config["intermediate_size"] = 1024, config["num_hidden_layers"] = 2;
  config["head_dim"] = 64, config["num_attention_heads"] = 8, config["num_key_value_heads"] = 4;
  dir_.Write("config.json", config.dump());
  ASSERT_EQ(Sotto({"model", "random", "--like", "config.json", "--out", "big"}).exit_code, 0);
  const std::string root = Seal("big", "m.sotto");
  const std::string bytes = dir_.Read("m.sotto");
  constexpr size_t kHeader = 128, kEntry = 32, kChunk = size_t{4} << 20;
  const size_t chunks = (bytes.size() - kHeader + kChunk + kEntry - 1) / (kChunk + kEntry);
  ASSERT_GE(chunks, 3u);
  for (size_t i = 0; i < chunks; ++i) {
    std::string flipped = bytes;
    flipped[kHeader + chunks * kEntry + i * kChunk + 77 * i] ^= 1;
    dir_.Write("flipped.sotto", flipped);
    ExpectRefused(
        Prefill("flipped.sotto", {"--weights-root", root}),
        StrCat("flipped.sotto: chunk ", i, " of ", chunks, " is not the one that was sealed"));
  }
}

TEST_F(SealedTest, AStreamIsNoPlaceForIt) {
  const ProgramResult run = Sotto({"model", "seal", kShipped, "--out", "-"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("--out: "));
  EXPECT_FALSE(fs::exists(dir_.File("-")));
}

}  // namespace
}  // namespace sotto
