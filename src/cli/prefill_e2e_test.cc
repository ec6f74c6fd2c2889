// `sotto prefill` as a user runs it, on the shipped model: the result file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "testing/paths.h"
#include "testing/prefill_program.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

// A contract with whoever reads these files: no key more, none less.
TEST_F(PrefillTest, TheResultHasExactlyTheDocumentedKeysInOrder) {
  ASSERT_EQ(Sotto({}).exit_code, 0);
  const auto result = nlohmann::ordered_json::parse(dir_.Read("tee_only_results.json"));
  std::vector<std::string> keys;
  for (const auto& [key, value] : result.items()) keys.push_back(key);
  EXPECT_THAT(
      keys, ElementsAre("mode", "prompt_count", "prefill_length", "time_seconds", "total_tokens",
                        "throughput_tokens_per_sec", "prompts", "input_ids_shape", "actual_lengths",
                        "last_token_logits_shape", "output_logits_shape", "batch_size", "truncated",
                        "truncation", "truncated_prompts", "doubled_bos_prompts", "precision",
                        "precision_reason", "attention_precision", "attention_precision_reason",
                        "threads", "model", "timings", "peak_rss_bytes", "real_tokens_per_sec",
                        "perplexity", "tee", "confidential", "sotto_version"));
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(PrefillTest, DefaultsAreTheShippedModelAndOnePrompt) {
  const json result = Result({});
  EXPECT_EQ(result["mode"], "prefill-only");
  EXPECT_EQ(result["prompts"], json({"Hello, world!"}));
  EXPECT_EQ(result["prefill_length"], 128);
  EXPECT_EQ(result["batch_size"], 1);
  EXPECT_EQ(result["actual_lengths"], json({7}));  // BOS and six tokens.
  EXPECT_EQ(result["model"]["name"], "kjv-2m");
  EXPECT_EQ(result["model"]["parameters"], 1967808);
  EXPECT_EQ(result["model"]["weights_sha256"].get<std::string>().size(), 64u);
}

TEST_F(PrefillTest, CountsAndShapesFollowTheRows) {
  dir_.Write("p.txt", "one\ntwo\n\nthree\r\n");
  const json result = Result({"--prompts", "p.txt", "--batch-size", "2", "--prefill-length", "16"});
  EXPECT_EQ(result["prompt_count"], 3);
  EXPECT_EQ(result["prompts"], json({"one", "two", "three"}));
  EXPECT_EQ(result["input_ids_shape"], json({3, 16}));
  EXPECT_EQ(result["output_logits_shape"], json({3, 16, 2048}));
  EXPECT_EQ(result["last_token_logits_shape"], json({3, 2048}));
  EXPECT_EQ(result["total_tokens"], 48);
  EXPECT_EQ(result["timings"]["batch_seconds"].size(), 2u);
  EXPECT_EQ(result["perplexity"].size(), 3u);
}

TEST_F(PrefillTest, RatesAreTokensOverTheForwardPasses) {
  const json result = Result({"--prompt", "In the beginning", "--prompt", "God"});
  const double seconds = result["time_seconds"];
  EXPECT_GT(seconds, 0);
  double batches = 0, real_tokens = 0;
  for (const double batch : result["timings"]["batch_seconds"]) batches += batch;
  for (const double length : result["actual_lengths"]) real_tokens += length;
  EXPECT_DOUBLE_EQ(seconds, batches);
  EXPECT_NEAR(result["throughput_tokens_per_sec"].get<double>() * seconds, 2 * 128, 1e-6);
  EXPECT_NEAR(result["real_tokens_per_sec"].get<double>() * seconds, real_tokens, 1e-6);
  EXPECT_GE(result["timings"]["prefill_seconds"].get<double>(), seconds);
  EXPECT_GT(result["timings"]["load_seconds"].get<double>(), 0);
  EXPECT_GT(result["peak_rss_bytes"].get<uint64_t>(), 8'000'000u);  // The weights, in f32 or half.
}

// Learned from a calibration, which a model this small always gets.
TEST_F(PrefillTest, EachBatchIsPredicted) {
  dir_.Write("p.txt", "one\ntwo\nIn the beginning God created the heaven and the earth\n");
  const json timings = Result({"--prompts", "p.txt", "--batch-size", "2"})["timings"];
  EXPECT_GT(timings["calibration_seconds"], 0);
  ASSERT_EQ(timings["batch_seconds"].size(), 2u);
  ASSERT_EQ(timings["predicted_batch_seconds"].size(), 2u);
  double predicted = 0, measured = 0;
  for (size_t i = 0; i < 2; ++i) {
    const double p = timings["predicted_batch_seconds"][i], m = timings["batch_seconds"][i];
    EXPECT_GT(p, 0);
    EXPECT_NEAR(timings["batch_prediction_errors"][i], p / m - 1, 1e-9);
    predicted += p;
    measured += m;
  }
  EXPECT_NEAR(timings["prediction_error"], predicted / measured - 1, 1e-9);
}

TEST_F(PrefillTest, FewerPromptsThanABatchAreRepeatedToFillIt) {
  const json result = Result({"--prompt", "a", "--prompt", "two words", "--batch-size", "5"});
  EXPECT_EQ(result["prompt_count"], 2);
  EXPECT_EQ(result["prompts"].size(), 2u);
  EXPECT_EQ(result["input_ids_shape"], json({5, 128}));
  const json& lengths = result["actual_lengths"];
  ASSERT_EQ(lengths.size(), 5u);
  EXPECT_EQ(lengths[0], lengths[2]);
  EXPECT_EQ(lengths[1], lengths[3]);
  EXPECT_EQ(lengths[0], lengths[4]);
  EXPECT_EQ(result["timings"]["batch_seconds"].size(), 1u);
  EXPECT_EQ(result["perplexity"].size(), 2u);
}

TEST_F(PrefillTest, LongerPromptsAreTruncatedAndNamed) {
  const std::vector<std::string> flags = {
      "--prompt",         "God", "--prompt",   "In the beginning God created the heaven",
      "--prefill-length", "4",   "--logprobs", "l.jsonl"};
  const auto run = [&](const std::string& where) {
    std::vector<std::string> with = flags;
    with.insert(with.end(), {"--truncate", where});
    return Sotto(with);
  };
  const json whole = Result({flags[2], flags[3], "--logprobs", "whole.jsonl"});
  const json all = Lines("whole.jsonl")[0]["ids"];
  EXPECT_EQ(whole["truncated_prompts"], json::array());
  for (const bool left : {false, true}) {
    const ProgramResult result = run(left ? "left" : "right");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(
        result.err,
        HasSubstr(left ? "sotto: warning: prompts longer than --prefill-length lose their "
                         "first tokens; raise it, or see --truncate (1 of 2): --prompt 2\n"
                       : "sotto: warning: prompts longer than --prefill-length lose their "
                         "last tokens; raise it, or see --truncate (1 of 2): --prompt 2\n"));
    const json file = json::parse(dir_.Read("tee_only_results.json"));
    EXPECT_EQ(file["truncated"], 1);
    EXPECT_EQ(file["truncation"], left ? "left" : "right");
    EXPECT_EQ(file["truncated_prompts"], json({1}));
    EXPECT_EQ(file["actual_lengths"][1], 4);
    const json ids = Lines("l.jsonl")[1]["ids"];
    const size_t n = all.size();
    EXPECT_EQ(ids, left ? json({all[0], all[n - 3], all[n - 2], all[n - 1]})
                        : json({all[0], all[1], all[2], all[3]}));
  }
  const ProgramResult refused = run("error");
  EXPECT_EQ(refused.exit_code, kFailure);
  EXPECT_EQ(UnusualMessages(refused.err),
            "sotto: error: --prompt 2: has more than 4 tokens; raise --prefill-length, "
            "or choose another --truncate than error\n");
  EXPECT_EQ(run("middle").exit_code, kUsage);
}

TEST_F(PrefillTest, ABosThatATextBeginsWithIsToldOf) {
  dir_.Write("p.jsonl", "{\"prompt\": \"God\"}\n{\"prompt\": \"<|begin_of_text|>God\"}\n");
  const ProgramResult run = Sotto({"--prompts", "p.jsonl"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(
      run.err,
      HasSubstr("so they have it twice; see --bos, --special-tokens (1 of 2): p.jsonl: line 2\n"));
  EXPECT_EQ(json::parse(dir_.Read("tee_only_results.json"))["doubled_bos_prompts"], json({1}));
}

// The shipped tokenizer has as many ids as the model: one of fewer is made.
TEST_F(PrefillTest, IdsBeyondTheTokenizerAreScoredAndHaveNoText) {
  json tokenizer = json::parse(ReadFile(ShippedModelDir() + "/tokenizer.json").value());
  const int32_t last = tokenizer["added_tokens"].back()["id"];
  tokenizer["added_tokens"].erase(tokenizer["added_tokens"].size() - 1);
  for (const char* name : {"config.json", "model.safetensors"}) {
    std::filesystem::copy(ShippedModelDir() + "/" + name, dir_.File(name));
  }
  dir_.Write("tokenizer.json", tokenizer.dump());
  dir_.Write("p.jsonl", "{\"ids\": [40, " + std::to_string(last) + ", 41]}\n");
  const ProgramResult run =
      Sotto({"--model", ".", "--prompts", "p.jsonl", "--logprobs", "l.jsonl"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const json line = Lines("l.jsonl")[0];
  EXPECT_TRUE(line["tokens"][0].is_string() && line["tokens"][2].is_string());
  EXPECT_TRUE(line["tokens"][1].is_null());
  EXPECT_EQ(line["logprobs"].size(), 3u);
}

TEST_F(PrefillTest, FlagsBeatVariablesBeatDefaults) {
  const std::map<std::string, std::string> variables = {{"LLAMA_PREFILL_LENGTH", "32"},
                                                        {"LLAMA_TEE_BATCH_SIZE", "3"},
                                                        {"LLAMA_TEE_RESULT_PATH", "r.json"},
                                                        {"LLAMA_PROMPT_PATH", "p.json"}};
  dir_.Write("p.json", "[\"from the file\"]");
  const json from_variables = Result({}, variables, "r.json");
  EXPECT_EQ(from_variables["prefill_length"], 32);
  EXPECT_EQ(from_variables["batch_size"], 3);
  EXPECT_EQ(from_variables["prompts"], json({"from the file"}));
  const json from_flags = Result({"--prefill-length", "64", "--batch-size", "1", "--output",
                                  "f.json", "--prompt", "from the flag"},
                                 variables, "f.json");
  EXPECT_EQ(from_flags["prefill_length"], 64);
  EXPECT_EQ(from_flags["batch_size"], 1);
  EXPECT_EQ(from_flags["prompts"], json({"from the flag"}));
  const json empty = Result({"--prompt", "x"}, {{"LLAMA_PREFILL_LENGTH", ""}});
  EXPECT_EQ(empty["prefill_length"], 128);
}

TEST_F(PrefillTest, PromptsAreTakenAsTheyAre) {
  const std::vector<std::string> prompts = {"{}", "[a,b]", "--output", "", "a\nb", "\xc3\xa9"};
  std::vector<std::string> arguments;
  for (const std::string& prompt : prompts) {
    arguments.push_back("--prompt");
    arguments.push_back(prompt);
  }
  EXPECT_EQ(Result(arguments)["prompts"], json(prompts));
}

TEST_F(PrefillTest, IdsAreTakenAsTheyAreWithTheirEcho) {
  dir_.Write("p.jsonl",
             "{\"ids\": [40, 77, 258], \"id\": \"first\"}\n{\"prompt\": \"In the\", \"id\": 2}\n"
             "{\"prompt\": \"a\"}\n");
  const json result = Result({"--prompts", "p.jsonl", "--logprobs", "l.jsonl"});
  EXPECT_EQ(result["prompts"], json({{40, 77, 258}, "In the", "a"}));
  const std::vector<json> lines = Lines("l.jsonl");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["ids"], json({40, 77, 258}));
  EXPECT_EQ(lines[0]["id"], "first");
  EXPECT_EQ(lines[1]["ids"], json({2040, 40, 77, 258}));
  EXPECT_EQ(lines[1]["id"], 2);
  EXPECT_FALSE(lines[2].contains("id"));
}

TEST_F(PrefillTest, ADirectoryWithoutATokenizerServesIds) {
  for (const char* name : {"config.json", "model.safetensors"}) {
    fs::create_symlink(SourceDir() + "/models/kjv-2m/" + name, dir_.File(name));
  }
  dir_.Write("p.jsonl", "{\"ids\": [2040, 40, 77]}");
  Result({"--model", ".", "--prompts", "p.jsonl", "--logprobs", "l.jsonl"});
  EXPECT_TRUE(Lines("l.jsonl")[0]["tokens"].is_null());
  const ProgramResult text = Sotto({"--model", ".", "--prompt", "text", "--output", "no.json"});
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.err, HasSubstr("tokenizer.json"));
  EXPECT_FALSE(fs::exists(dir_.File("no.json")));
}

TEST_F(PrefillTest, ProgressIsShownWhereAskedFor) {
  EXPECT_THAT(Sotto({"--progress", "always"}).err, HasSubstr("100 %"));
  EXPECT_EQ(Sotto({"--progress", "never", "--log-level", "error"}).err, "");
  EXPECT_EQ(Sotto({"--log-level", "error"}).err, "");  // auto, and stderr is a file.
}

TEST_F(PrefillTest, SaysWhetherAnythingIsProtected) {
  const std::string err = Sotto({}).err;
  const json tee = json::parse(dir_.Read("tee_only_results.json"))["tee"];
  if (tee["platform"] != "none") GTEST_SKIP() << "this machine is a TEE";
  EXPECT_THAT(err, testing::StartsWith(kNoTee));
  EXPECT_EQ(tee["protects_from_host"], false);
}

// Before anything of a prompt is read, even one that is not there.
TEST_F(PrefillTest, SaysSoBeforePromptsAreRead) {
  if (Result({})["tee"]["platform"] != "none") GTEST_SKIP() << "this machine is a TEE";
  const ProgramResult run = Sotto({"--prompts", "missing.txt"});
  EXPECT_THAT(run.err, testing::StartsWith(std::string(kNoTee) + "sotto: error: missing.txt"));
}

TEST_F(PrefillTest, SaysBeforePromptsAreReadThatPlainHidesNothing) {
  const ProgramResult run = Sotto({"--split", "--accelerator", "localhost:1", "--protection",
                                   "plain", "--prompts", "missing.txt"});
  EXPECT_THAT(run.err, testing::ContainsRegex("NOT CONFIDENTIAL.*\nsotto: error: missing.txt"));
}

TEST_F(PrefillTest, TheResultSaysFromWhomThePromptWasHidden) {
  const json result = Result({}), confidential = result["confidential"];
  if (result["tee"]["platform"] != "none") GTEST_SKIP() << "this machine is a TEE";
  EXPECT_EQ(confidential["from_host"], false);
  EXPECT_THAT(confidential["from_host_because"].get<std::string>(), HasSubstr("not in a TEE"));
  EXPECT_TRUE(confidential["from_accelerators"].is_null());
}

TEST_F(PrefillTest, ASuccessEndsWithOneLine) {
  dir_.Write("p.txt", "one\ntwo\n");
  const auto last_line = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--prompts", "p.txt"});
    const std::string err = Sotto(arguments).err;
    return err.substr(err.rfind("sotto: "));
  };
  EXPECT_THAT(last_line({"--logprobs", "l.jsonl", "--save-logits", "l.npy"}),
              testing::MatchesRegex("sotto: 2 prompts, [0-9]+ tokens in [0-9.]+ s, (f32|bf16): "
                                    "tee_only_results.json, l.jsonl, l.npy\n"));
  // Where padding hides lengths, not by their sum, nor how many prompts the last batch has.
  EXPECT_THAT(last_line({"--pad-compute"}), HasSubstr("sotto: 2 rows, 256 positions in "));
  EXPECT_THAT(last_line({"--pad-compute", "--batch-size", "5", "--log-level", "info"}),
              HasSubstr("sotto: 5 rows, 640 positions in "));
}

TEST_F(PrefillTest, InfoTellsWhatIsLoadedAndChosen) {
  const std::string err = Sotto({"--log-level", "info"}).err;
  EXPECT_THAT(err, HasSubstr("sotto: info: model "));
  EXPECT_THAT(err, HasSubstr("1967808 parameters, "));
  EXPECT_THAT(err, HasSubstr("sotto: info: precision "));
  EXPECT_THAT(err, HasSubstr("sotto: info: 1 prompt, 7 tokens, in batches of 1"));
}

// The one line that is left of a program stopped by `signal`.
void ExpectStopped(const ProgramResult& run, int signal) {
  EXPECT_EQ(run.exit_code, 128 + signal);
  EXPECT_THAT(run.err, HasSubstr("sotto: error: stopped by SIG"));
  EXPECT_THAT(run.err, testing::EndsWith("; unfinished output files were removed\n"));
}

// What it says when files are open and the work begins; much of it.
class KilledTest : public PrefillTest {
 protected:
  KilledTest() {
    std::string prompts;
    for (int i = 0; i < 20000; ++i)
      prompts += "In the beginning God created the heaven and the earth\n";
    dir_.Write("p.txt", prompts);
  }
  ProgramResult Killed(int signal) {
    return RunProgram(
        "sotto",
        {"prefill", "--prompts", "p.txt", "--save-logits", "l.npy", "--logits", "last",
         "--log-level", "info"},
        {.working_dir = dir_.path(), .signal = signal, .signal_when = [](const std::string& err) {
           return err.find("20000 prompts") != std::string::npos;
         }});
  }
};

TEST_F(KilledTest, LeavesNoFileBehind) {
  for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
    const ProgramResult run = Killed(signal);
    if (signal == SIGKILL) {
      EXPECT_EQ(run.signal, SIGKILL) << run.err;
    } else {
      ExpectStopped(run, signal);
    }
    EXPECT_EQ(FileCount(), 1u) << "a temporary file is left";
  }
}

// Whatever was being written, and wherever it stood: killed a little later each time.
TEST_F(PrefillTest, AKillLeavesNoPartOfASealedModelOrOfAWeightCacheBehind) {
  const std::string model = ShippedModelDir();
  fs::create_directory(dir_.File("cache"));
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"model", "seal", model, "--out", "sealed"},
        {"prefill", "--model", model, "--weight-cache", "cache"}}) {
    for (int looks = 1; looks <= 64; looks *= 2) {
      RunProgram("sotto", arguments,
                 {.working_dir = dir_.path(),
                  .signal = SIGKILL,
                  .signal_when = [looks, seen = 0](const std::string&) mutable {
                    return ++seen > looks;
                  }});
      for (const auto& entry : fs::recursive_directory_iterator(dir_.path())) {
        EXPECT_THAT(entry.path().filename().string(),
                    testing::AnyOf("cache", "sealed", "tee_only_results.json",
                                   testing::EndsWith(".weights")));
      }
    }
  }
}

// Killed when half a gigabyte of weights has begun, in a directory under a temporary name.
TEST_F(PrefillTest, NoPartOfARandomModelStaysBehind) {
  const auto names = [&] {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(dir_.path())) found.insert(entry.path());
    return found;
  };
  for (const int signal : {SIGKILL, SIGINT, SIGTERM}) {
    const std::set<std::string> left = names();
    const ProgramResult run = RunProgram(
        "sotto", {"model", "random", "--like", "llama-3.2-1b", "--layers", "1", "--out", "m"},
        {.working_dir = dir_.path(), .signal = signal, .signal_when = [&](const std::string&) {
           const std::set<std::string> now = names();
           return !std::includes(left.begin(), left.end(), now.begin(), now.end());
         }});
    if (signal == SIGKILL) {
      EXPECT_EQ(run.signal, SIGKILL) << run.err;
      EXPECT_EQ(FileCount(), 1u);  // For the next run to remove, which is stopped in its turn.
    } else {
      ExpectStopped(run, signal);
      EXPECT_EQ(FileCount(), 0u) << "a temporary directory is left";
    }
  }
}

TEST(Program, HelpAndVersion) {
  EXPECT_THAT(RunProgram("sotto", {"--version"}).out, testing::StartsWith("sotto 0."));
  const ProgramResult help = RunProgram("sotto", {"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("prefill"));
  const ProgramResult prefill_help = RunProgram("sotto", {"prefill", "--help"});
  EXPECT_EQ(prefill_help.exit_code, 0);
  EXPECT_THAT(prefill_help.out, HasSubstr("LLAMA_TEE_BATCH_SIZE"));
}

}  // namespace
}  // namespace sotto
