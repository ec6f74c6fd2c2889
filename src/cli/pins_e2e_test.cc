// Models pinned by digest, as a user pins them and as a hostile host tries to get round it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <thread>

#include "base/check.h"
#include "base/strings.h"
#include "testing/paths.h"
#include "testing/prefill_program.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

// What a shell command prints, without its last newline.
std::string Shell(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  SOTTO_CHECK(pipe != nullptr);
  std::string text;
  for (int c; (c = std::fgetc(pipe.get())) != EOF;) text += static_cast<char>(c);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

class PinsTest : public PrefillTest {
 protected:
  PinsTest() {
    fs::copy(ShippedModelDir(), dir_.File("m"));
    fs::permissions(dir_.File("m"), fs::perms::owner_write, fs::perm_options::add);
    for (const auto& file : fs::directory_iterator(dir_.File("m"))) {
      fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
    }
    for (const auto& [name, value] : Inspect("m")) digests_[name] = value;
  }

  // The digests that `sotto model inspect` prints.
  std::map<std::string, std::string> Inspect(const std::string& model) {
    const ProgramResult run =
        RunProgram("sotto", {"model", "inspect", model}, {.working_dir = dir_.path()});
    SOTTO_CHECK(run.exit_code == 0);
    std::map<std::string, std::string> digests;
    std::istringstream lines(run.out);
    for (std::string name, value, line; lines >> name >> value && std::getline(lines, line);) {
      if (name.ends_with("_sha256")) digests[name] = value;
    }
    return digests;
  }
  std::vector<std::string> Whole() const { return {"--model-sha256", digests_.at("model_sha256")}; }
  std::vector<std::string> Weights() const {
    return {"--weights-sha256", digests_.at("weights_sha256")};
  }

  static std::vector<std::string> Join(std::vector<std::string> a,
                                       const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }
  void ExpectTaken(const std::string& model, const std::vector<std::string>& flags) {
    const json result = Result(Join({"--model", model, "--prefill-length", "8"}, flags));
    EXPECT_EQ(result["model"]["model_sha256"], digests_.at("model_sha256"));
    EXPECT_EQ(result["model"]["weights_sha256"], digests_.at("weights_sha256"));
  }
  void ExpectRefusedNaming(const std::string& model, const std::vector<std::string>& flags,
                           const std::string& what) {
    ExpectRefusal(Join({"--model", dir_.File(model)}, flags), kFailure, what);
  }
  // Other weights of the same shapes, written over the file that others may have mapped.
  void SwapWeights() {
    std::fstream file(dir_.File("m/model.safetensors"),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-400'000, std::ios::end);
    file << std::string(4000, '\0');
    SOTTO_CHECK(file.good());
  }

  // Runs while `meanwhile` does what a host does; the pipes that it waits for always open.
  ProgramResult RunBeside(const std::vector<std::string>& flags,
                          const std::vector<std::string>& pipes,
                          const std::function<void()>& meanwhile) {
    for (const std::string& pipe : pipes) {
      SOTTO_CHECK(mkfifo(dir_.File(pipe).c_str(), 0600) == 0);
    }
    ProgramResult result;
    std::thread program([&] {
      result = Sotto(flags);
      // Whoever still waits to open one for reading waits in vain no longer.
      for (const std::string& pipe : pipes) {
        close(open(dir_.File(pipe).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
      }
    });
    meanwhile();
    program.join();
    return result;
  }
  int OpenPipe(const std::string& pipe) {
    return open(dir_.File(pipe).c_str(), O_RDONLY | O_CLOEXEC);
  }
  // Reads to the end and closes.
  static std::string Drain(int fd) {
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, n);
    close(fd);
    return text;
  }

  std::map<std::string, std::string> digests_;
};

// With nothing of ours: the commands of docs/result_format.md.
TEST_F(PinsTest, InspectPrintsWhatSha256sumMakes) {
  const std::string m = dir_.File("m");
  const auto sum = [&](const std::string& file) {
    return Shell(StrCat("sha256sum < ", m, "/", file, " | cut -d ' ' -f 1"));
  };
  EXPECT_EQ(digests_["config_sha256"], sum("config.json"));
  EXPECT_EQ(digests_["tokenizer_sha256"], sum("tokenizer.json"));
  EXPECT_EQ(digests_["weights_sha256"], sum("model.safetensors"));
  EXPECT_EQ(digests_["model_sha256"],
            Shell(StrCat("printf 'sotto model digest v1\\nconfig.json %s\\ntokenizer.json "
                         "%s\\nweights %s\\n' ",
                         digests_["config_sha256"], " ", digests_["tokenizer_sha256"], " ",
                         digests_["weights_sha256"], " | sha256sum | cut -d ' ' -f 1")));
  fs::remove(m + "/tokenizer.json");
  EXPECT_EQ(Inspect("m")["tokenizer_sha256"], "none");
}

// Each digest that inspect says a flag takes is taken by that flag, and no flag is missing.
TEST_F(PinsTest, InspectNamesTheFlagOfEachDigest) {
  const ProgramResult seal =
      RunProgram("sotto", {"model", "seal", "m", "--out", "s"}, {.working_dir = dir_.path()});
  ASSERT_EQ(seal.exit_code, 0) << seal.err;
  for (const std::string model : {"m", "s"}) {
    const ProgramResult inspect =
        RunProgram("sotto", {"model", "inspect", model}, {.working_dir = dir_.path()});
    std::vector<std::string> flags = {"--model", model}, named;
    std::istringstream lines(inspect.out);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string name, value, label, flag;
      if (words >> name >> value >> label >> flag && label == "for") {
        named.push_back(flag);
        flags.insert(flags.end(), {flag, value});
      }
    }
    std::vector<std::string> expected = {"--model-sha256", "--weights-sha256"};
    if (model == "s") expected.push_back("--weights-root");
    EXPECT_EQ(named, expected);
    const ProgramResult run = Sotto(flags);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(UnusualMessages(run.err), "");
  }
}

TEST_F(PinsTest, TheModelItselfIsTaken) {
  ExpectTaken("m", Whole());
  ExpectTaken("m", Join(Whole(), Weights()));
  ExpectTaken("m", {});
}

TEST_F(PinsTest, AnotherConfigOrTokenizerIsRefused) {
  const std::string config = dir_.Read("m/config.json"), tokenizer = dir_.Read("m/tokenizer.json");
  json changed = json::parse(config);
  changed["rope_theta"] = 10001.0;
  dir_.Write("m/config.json", changed.dump());
  ExpectRefusedNaming("m", Whole(), "--model-sha256");
  dir_.Write("m/config.json", config + " ");  // To the byte.
  ExpectRefusedNaming("m", Whole(), "--model-sha256");
  dir_.Write("m/config.json", config);
  changed = json::parse(tokenizer);
  changed["added_tokens"] = json::array();
  dir_.Write("m/tokenizer.json", changed.dump());
  ExpectRefusedNaming("m", Whole(), "--model-sha256");
  dir_.Write("m/tokenizer.json", tokenizer);
  ExpectTaken("m", Whole());
}

// Before anything is done with the prompt: a hostile tokenizer tells of it by its errors alone.
TEST_F(PinsTest, TheTokenizerIsNotUsedBeforeThePinIsChecked) {
  dir_.Write("m/tokenizer.json", "no tokenizer at all");
  ExpectRefusedNaming("m", Whole(), "--model-sha256");
  ExpectRefusedNaming("m", {}, "tokenizer.json");
}

TEST_F(PinsTest, OtherWeightsAreRefused) {
  SwapWeights();
  ExpectRefusedNaming("m", Whole(), "--model-sha256");
  ExpectRefusedNaming("m", Weights(), "--weights-sha256");
}

TEST_F(PinsTest, SealedModelsArePinnedAlike) {
  ASSERT_EQ(RunProgram("sotto", {"model", "seal", "m", "--out", "s"}, {.working_dir = dir_.path()})
                .exit_code,
            0);
  EXPECT_EQ(Inspect("s"), digests_);
  const std::vector<std::string> run = {"--model", "s", "--prefill-length", "8"};
  EXPECT_EQ(UnusualMessages(Sotto(Join(run, Whole())).err), "");
  const ProgramResult weights_only = Sotto(Join(run, Weights()));
  EXPECT_EQ(weights_only.exit_code, 0);
  EXPECT_THAT(weights_only.err, HasSubstr("opened without --weights-root"));
  const std::string other(64, 'a');
  ExpectRefusedNaming("s", {"--model-sha256", other}, "--model-sha256");
  ExpectRefusedNaming("s", {"--weights-sha256", other}, "--weights-sha256");
}

TEST_F(PinsTest, CachedWeightsAreNeitherPinnedNorNamed) {
  for (const std::vector<std::string>& pins : {Whole(), Weights()}) {
    ExpectRefusal(Join({"--weight-cache", "c"}, pins), kUsage,
                  "--weight-cache: cannot be combined with");
  }
  ASSERT_EQ(RunProgram("sotto", {"model", "seal", "m", "--out", "s"}, {.working_dir = dir_.path()})
                .exit_code,
            0);
  ExpectRefusedNaming("s", {"--weight-cache", "c"}, "not available for a sealed model");
  for (int start = 0; start < 2; ++start) {
    const json result = Result({"--prefill-length", "8", "--weight-cache", "c"});
    for (const char* digest :
         {"model_sha256", "config_sha256", "tokenizer_sha256", "weights_sha256"}) {
      EXPECT_TRUE(result["model"].at(digest).is_null()) << digest;
    }
  }
}

TEST_F(PinsTest, DigestsThatAreNoneAreRefused) {
  for (const char* flag : {"--model-sha256", "--weights-sha256"}) {
    for (const std::string& value : {std::string("12"), std::string(64, 'x'), std::string()}) {
      ExpectRefusal({flag, value}, kUsage, flag);
    }
  }
}

// The host gives the genuine weights for the check, and others to compute with.
TEST_F(PinsTest, WeightsSwappedAfterTheCheckEndTheRun) {
  std::string result, logprobs;
  const ProgramResult run = RunBeside(
      Join({"--model", "m", "--prefill-length", "8", "--output", "out", "--logprobs", "scores"},
           Whole()),
      {"out", "scores"}, [&] {
        const int out = OpenPipe("out");  // Once it is opened the digest has been checked.
        SwapWeights();
        logprobs = Drain(OpenPipe("scores"));
        result = Drain(out);
      });
  EXPECT_EQ(run.exit_code, kFailure);
  EXPECT_THAT(run.err, HasSubstr("was changed while it was in use"));
  EXPECT_EQ(result, "");
  EXPECT_EQ(logprobs, "");
}

// A file that is being read ends with an error, not with a signal, where it was cut short.
TEST_F(PinsTest, WeightsCutShortEndTheRun) {
  std::string result;
  const ProgramResult run =
      RunBeside({"--model", "m", "--prefill-length", "8", "--output", "out"}, {"out"}, [&] {
        const int out = OpenPipe("out");  // Once it is opened the file has been looked at.
        fs::resize_file(dir_.File("m/model.safetensors"), 100'000);
        result = Drain(out);
      });
  EXPECT_EQ(run.exit_code, kFailure) << run.signal;
  EXPECT_THAT(run.err, HasSubstr("m/model.safetensors: cut short while it was in use"));
  EXPECT_EQ(result, "");
}

// The host computes with its own weights and puts the genuine ones back for the digest.
TEST_F(PinsTest, WeightsSwappedAfterTheWorkAreNotReported) {
  std::string prompts;
  for (int i = 0; i < 16; ++i) {
    for (int word = 0; word < 1000; ++word) prompts += "and ";
    prompts += "\n";
  }
  dir_.Write("p.txt", prompts);
  std::string logprobs(1, '\0');
  const ProgramResult run = RunBeside({"--model", "m", "--prompts", "p.txt", "--prefill-length",
                                       "1000", "--output", "out.json", "--logprobs", "scores"},
                                      {"scores"}, [&] {
                                        const int scores = OpenPipe("scores");
                                        // The first byte comes when weights are loaded; the pipe
                                        // does not hold all that will come.
                                        ASSERT_EQ(read(scores, logprobs.data(), 1), 1);
                                        SwapWeights();
                                        logprobs += Drain(scores);
                                      });
  EXPECT_GT(logprobs.size(), size_t{4} << 16);
  EXPECT_EQ(run.exit_code, kFailure);
  EXPECT_THAT(run.err, HasSubstr("was changed while it was in use"));
  EXPECT_FALSE(fs::exists(dir_.File("out.json")));
}

}  // namespace
}  // namespace sotto
