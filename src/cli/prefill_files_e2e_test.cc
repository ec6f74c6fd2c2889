// What `sotto prefill` writes beside its result: logits and log-probabilities, on the shipped
// model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "testing/prefill_program.h"
#include "testing/reference_tensors.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// The longest prompt runs first and prompts that begin alike run together; what is written is in
// the prompts' order all the same, and the same to the bit.
TEST_F(PrefillTest, BatchesRunInTheCheapestOrderResultsStayInThePrompts) {
  const auto prompt = [](int family, int number, size_t own) {
    std::vector<int32_t> ids(80, 100 + family);
    ids.insert(ids.end(), own, 200 + number);
    return ids;
  };
  const std::vector<std::vector<int32_t>> prompts = {prompt(1, 0, 2), prompt(2, 1, 9),
                                                     prompt(1, 2, 5), prompt(2, 3, 30)};
  std::string lines;
  for (const auto& ids : prompts) lines += json{{"ids", ids}}.dump() + "\n";
  dir_.Write("p.jsonl", lines);
  const auto run = [&](const std::string& name, std::vector<std::string> more) {
    std::vector<std::string> arguments = {
        "--precision", "f32",           "--prompts",   "p.jsonl",    "--batch-size",
        "2",           "--save-logits", name + ".npy", "--logprobs", name + ".jsonl"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Result(arguments);
  };
  const json cheapest = run("cheapest", {}), fixed_shape = run("fixed", {"--pad-compute"});
  EXPECT_EQ(cheapest["timings"]["batch_rows"], json({{1, 3}, {0, 2}}));
  EXPECT_EQ(fixed_shape["timings"]["batch_rows"], json({{0, 1}, {2, 3}}));
  EXPECT_EQ(cheapest["actual_lengths"], json({82, 89, 85, 110}));
  EXPECT_EQ(cheapest["perplexity"], fixed_shape["perplexity"]);
  EXPECT_EQ(dir_.Read("cheapest.npy"), dir_.Read("fixed.npy"));
  EXPECT_EQ(dir_.Read("cheapest.jsonl"), dir_.Read("fixed.jsonl"));
  const std::vector<json> scores = Lines("cheapest.jsonl");
  ASSERT_EQ(scores.size(), prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) EXPECT_EQ(scores[i]["ids"], json(prompts[i]));
}

// Results of a fixed shape are whole batches: the last one is filled with the first prompts again.
TEST_F(PrefillTest, AFixedShapeHasWholeBatchesAndTheSameBits) {
  std::string lines;
  for (const size_t length : {5, 1, 16, 9, 2}) {
    lines += json{{"ids", std::vector<int>(length, 100 + static_cast<int>(length))}}.dump() + "\n";
  }
  dir_.Write("p.jsonl", lines);
  const auto run = [&](const std::string& name, const std::string& logits,
                       std::vector<std::string> more) {
    std::vector<std::string> arguments = {"--prompts",     "p.jsonl",    "--batch-size",     "4",
                                          "--logits",      logits,       "--prefill-length", "16",
                                          "--save-logits", name + ".npy"};
    if (logits == "all") arguments.insert(arguments.end(), {"--logprobs", name + ".jsonl"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Result(arguments);
  };
  for (const std::string logits : {"all", "last"}) {
    const json packed = run("packed", logits, {}), fixed = run("fixed", logits, {"--pad-compute"});
    EXPECT_EQ(packed["output_logits_shape"][0], 5);
    EXPECT_EQ(fixed["output_logits_shape"][0], 8);
    EXPECT_EQ(fixed["actual_lengths"], json({5, 1, 16, 9, 2, 5, 1, 16}));
    EXPECT_EQ(fixed["prompt_count"], 5);
    EXPECT_EQ(fixed["perplexity"], packed["perplexity"]);
    // Behind the headers, of one length: they tell the shape.
    const std::string want = dir_.Read("packed.npy").substr(128), got = dir_.Read("fixed.npy");
    ASSERT_EQ(got.size(), 128 + want.size() / 5 * 8);
    EXPECT_EQ(got.substr(128, want.size()), want);
    EXPECT_EQ(got.substr(128 + want.size()), want.substr(0, want.size() / 5 * 3));
    if (logits == "all") {
      EXPECT_EQ(dir_.Read("fixed.jsonl"), dir_.Read("packed.jsonl"));
    }
  }
}

TEST_F(PrefillTest, ProgressOfAFixedShapeTellsNoLength) {
  for (const char* prompt : {"a", "In the beginning God created the heaven and the earth"}) {
    const ProgramResult run = Sotto({"--prompt", prompt, "--pad-compute", "--progress", "always"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_THAT(run.err, HasSubstr("prefill 100 %  128/128 tokens"));
  }
}

TEST_F(PrefillTest, LogprobsScoreEachTokenGivenThoseBefore) {
  const std::string prompt = "In the beginning God created";
  const json result = Result({"--prompt", prompt, "--logprobs", "l.jsonl", "--save-logits",
                              "x.safetensors", "--precision", "f32"});
  const json line = Lines("l.jsonl").at(0);
  const auto tensors = ReadReferenceTensors(dir_.File("x.safetensors"));
  const auto logits = tensors.at("logits").As<float>();
  const std::vector<int32_t> ids = line["ids"];
  ASSERT_EQ(line["logprobs"].size(), ids.size());
  ASSERT_EQ(line["top_ids"].size(), ids.size());
  EXPECT_TRUE(line["logprobs"][0].is_null());
  std::string text;
  double sum = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const float* row = logits.data() + i * 2048;
    const int32_t top = line["top_ids"][i];
    EXPECT_EQ(top, std::max_element(row, row + 2048) - row);
    double total = 0;
    for (size_t v = 0; v < 2048; ++v) total += std::exp(double{row[v]});
    // LogSumExpRow promises 1e-6.
    EXPECT_NEAR(line["top_logprobs"][i], row[top] - std::log(total), 2e-6);
    if (i + 1 < ids.size()) {
      EXPECT_NEAR(line["logprobs"][i + 1], row[ids[i + 1]] - std::log(total), 2e-6);
      sum += line["logprobs"][i + 1].get<double>();
    }
    text += line["tokens"][i].get<std::string>();
  }
  EXPECT_THAT(text, testing::EndsWith(prompt));  // BOS stands before it.
  EXPECT_NEAR(line["sum_logprob"], sum, 1e-9);
  const double perplexity = std::exp(-sum / static_cast<double>(ids.size() - 1));
  EXPECT_NEAR(line["perplexity"], perplexity, 1e-9 * perplexity);
  EXPECT_EQ(result["perplexity"][0], line["perplexity"]);
}

// The same to the bit whatever the batch, and in a fixed shape.
TEST_F(PrefillTest, TopKListsTheLikeliestTokens) {
  const std::vector<std::string> prompts = {"--prompt",         "In the beginning God created",
                                            "--prompt",         "And",
                                            "--precision",      "f32",
                                            "--prefill-length", "16"};
  const auto lines = [&](const std::string& name, std::vector<std::string> more) {
    more.insert(more.end(), prompts.begin(), prompts.end());
    more.insert(more.end(), {"--logprobs", name});
    Result(more);
    return Lines(name);
  };
  const auto plain = lines("plain.jsonl", {});
  const auto listed = lines("listed.jsonl", {"--top-k", "20", "--save-logits", "l.safetensors"});
  EXPECT_EQ(lines("padded.jsonl", {"--top-k", "20", "--pad-compute", "--batch-size", "2"}), listed);
  const auto logits = ReadReferenceTensors(dir_.File("l.safetensors")).at("logits").As<float>();
  for (size_t row = 0; row < 2; ++row) {
    ASSERT_EQ(listed[row]["top"].size(), listed[row]["ids"].size());
    for (size_t i = 0; i < listed[row]["top"].size(); ++i) {
      const float* const all = &logits[(row * 16 + i) * 2048];
      std::vector<int> order(2048);
      std::iota(order.begin(), order.end(), 0);
      std::ranges::stable_sort(order, std::greater<float>(), [&](int id) { return all[id]; });
      for (size_t k = 0; k < 20; ++k) EXPECT_EQ(listed[row]["top"][i][k]["id"], order[k]);
      const json& first = listed[row]["top"][i][0];
      EXPECT_EQ(first["id"], listed[row]["top_ids"][i]);
      EXPECT_EQ(first["logprob"], listed[row]["top_logprobs"][i]);
    }
    json without = listed[row];
    without.erase("top");
    EXPECT_EQ(without, plain[row]);
  }
  // After "And": a word's first piece has its blank.
  EXPECT_EQ(listed[1]["top"].back()[0]["token"].get<std::string>().front(), ' ');
}

TEST_F(PrefillTest, TopKNeedsAFileAndANumberThatTheModelHas) {
  const auto refused = [&](const std::vector<std::string>& arguments, int exit_code) {
    const ProgramResult run = Sotto(arguments);
    EXPECT_EQ(run.exit_code, exit_code);
    EXPECT_EQ(FileCount(), 0u);
    return UnusualMessages(run.err);
  };
  EXPECT_EQ(refused({"--top-k", "5"}, kUsage),
            "sotto: error: --top-k: has no effect without --logprobs\n");
  for (const char* number : {"0", "101", "-1", "x"}) {
    EXPECT_THAT(refused({"--top-k", number, "--logprobs", "l.jsonl"}, kUsage),
                HasSubstr("--top-k"));
  }
}

// FILE.ids.npy is the file of another flag already.
TEST_F(PrefillTest, FilesBesideLogitsAreOutputsToo) {
  const ProgramResult run = Sotto({"--save-logits", "l.npy", "--logprobs", "l.ids.npy"});
  EXPECT_EQ(run.exit_code, kFailure);
  EXPECT_THAT(run.err, HasSubstr("--save-logits"));
  EXPECT_EQ(FileCount(), 0u);
}

TEST_F(PrefillTest, LastLogitsAreTheLastRowOfAll) {
  const std::vector<std::string> prompts = {"--prompt", "In the", "--prompt", "God said unto"};
  const auto run = [&](const char* mode, const char* file) {
    std::vector<std::string> arguments = prompts;
    arguments.insert(arguments.end(), {"--logits", mode, "--save-logits", file});
    return Result(arguments);
  };
  const json all = run("all", "all.safetensors"), last = run("last", "last.safetensors");
  EXPECT_EQ(last["output_logits_shape"], json({2, 2048}));
  EXPECT_EQ(last["perplexity"], json({nullptr, nullptr}));
  const auto all_tensors = ReadReferenceTensors(dir_.File("all.safetensors"));
  const auto all_logits = all_tensors.at("logits").As<float>();
  const auto last_logits =
      ReadReferenceTensors(dir_.File("last.safetensors")).at("logits").As<float>();
  ASSERT_EQ(last_logits.size(), 2u * 2048);
  const auto lengths = all_tensors.at("actual_lengths").As<int32_t>();
  for (size_t row = 0; row < 2; ++row) {
    const size_t position = row * 128 + static_cast<size_t>(lengths[row]) - 1;
    for (size_t v = 0; v < 2048; ++v) {
      ASSERT_EQ(last_logits[row * 2048 + v], all_logits[position * 2048 + v]);
    }
  }
  // What lies behind the actual length is zero.
  const size_t padding = static_cast<size_t>(lengths[0]) * 2048;
  EXPECT_EQ(all_logits[padding], 0.0f);
  EXPECT_EQ(all_logits[128 * 2048 - 1], 0.0f);
}

TEST_F(PrefillTest, NpyHoldsWhatSafetensorsHold) {
  Result({"--save-logits", "a.npy"});
  Result({"--save-logits", "a.safetensors"});
  const std::string npy = dir_.Read("a.npy");
  ASSERT_EQ(npy.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const size_t header = 10 + static_cast<uint8_t>(npy[8]) + 256 * static_cast<uint8_t>(npy[9]);
  EXPECT_EQ(header % 64, 0u);
  EXPECT_THAT(npy.substr(10, header - 10),
              HasSubstr("'descr': '<f4', 'fortran_order': False, 'shape': (1, 128, 2048), }"));
  const auto logits = ReadReferenceTensors(dir_.File("a.safetensors")).at("logits");
  EXPECT_EQ(logits.shape, (std::vector<size_t>{1, 128, 2048}));
  ASSERT_EQ(npy.size() - header, logits.bytes.size());
  EXPECT_TRUE(std::equal(logits.bytes.begin(), logits.bytes.end(),
                         reinterpret_cast<const uint8_t*>(npy.data()) + header));
}

TEST_F(PrefillTest, TheResultMayGoToADevice) {
  const ProgramResult run = Sotto({"--output", "/dev/null"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(FileCount(), 0u);
}

}  // namespace
}  // namespace sotto
