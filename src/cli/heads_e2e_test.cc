// `sotto classify` and `sotto embed`: what they write, killed, shared and padded, and what a model
// is refused for. Their numbers are tested against the library's in python/tests/heads_test.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "testing/family_configs.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using HeadJson = nlohmann::json;
using testing::HasSubstr;

constexpr char kHeadLines[] =
    "[1, 2, 3, 4, 5]\n"
    "{\"ids\": [7], \"id\": \"seven\"}\n"
    "[9, 8, 7]\n";

class HeadsProgramTest : public testing::Test {
 protected:
  // The lines of the input often enough for several shares.
  void SetUp() override {
    std::string input;
    for (int i = 0; i < 7; ++i) input += kHeadLines;
    dir_.Write("in.jsonl", input);
  }
  std::string Write(size_t family, const HeadSpec& head) {
    return WriteFamilyModel(WithHead(FamilyConfigs()[family], head), dir_);
  }
  ProgramResult Run(std::vector<std::string> arguments) {
    return RunProgram("sotto", arguments, {.working_dir = dir_.path()});
  }
  // A run that succeeds; what it wrote to standard output.
  std::string Output(const std::vector<std::string>& arguments) {
    const ProgramResult run = Run(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.out;
  }
  void ExpectHeadRefusal(const std::vector<std::string>& arguments, int code,
                         const std::string& what) {
    const ProgramResult run = Run(arguments);
    EXPECT_EQ(run.exit_code, code) << run.err;
    EXPECT_THAT(run.err, HasSubstr(what));
    EXPECT_EQ(run.out, "");
  }

  const TempDir dir_;
};

void WriteText(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::vector<HeadJson> ParsedLines(const std::string& text) {
  std::vector<HeadJson> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(HeadJson::parse(line));
  return lines;
}

TEST_F(HeadsProgramTest, LabelsOfEachLine) {
  const std::string model = Write(0, ClassifierHead({"yes", "no", "so \"so\""}));
  const auto lines = ParsedLines(Output({"classify", "--model", model, "--input", "in.jsonl"}));
  ASSERT_EQ(lines.size(), 21u);
  EXPECT_EQ(lines[1]["id"], "seven");
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["index"], i);
    EXPECT_EQ(lines[i]["head"], "classifier");
    EXPECT_EQ(lines[i]["labels"][2]["label"], "so \"so\"");
    EXPECT_EQ(lines[i]["label"], lines[i]["labels"][lines[i]["choice"].get<size_t>()]["label"]);
    EXPECT_EQ(lines[i]["labels"], lines[i % 3]["labels"]);
    EXPECT_FALSE(lines[i].contains("score"));
  }
  EXPECT_EQ(lines[0]["tokens"], 5);
  EXPECT_THAT(Output({"model", "inspect", model}), HasSubstr("classifier of 3 labels: \"yes\""));
}

TEST_F(HeadsProgramTest, RewardOfEachLine) {
  const std::string model = Write(2, ClassifierHead({"good"}));
  const auto lines = ParsedLines(Output({"classify", "--model", model, "--input", "in.jsonl"}));
  ASSERT_EQ(lines.size(), 21u);
  EXPECT_EQ(lines[0]["score"], lines[0]["labels"][0]["logit"]);
  EXPECT_FALSE(lines[0].contains("choice") || lines[0]["labels"][0].contains("probability"));
}

// The same bytes, whatever became of the run.
TEST_F(HeadsProgramTest, ResumedSharedAndPadded) {
  const std::string model = Write(3, ClassifierHead({"a", "b"}));
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"classify"},
        {"embed", "--normalize"},
        {"embed", "--pooling", "all", "--dimensions", "5"}}) {
    std::vector<std::string> base = command;
    for (const char* word : {"--model", model.c_str(), "--input", "in.jsonl"}) base.push_back(word);
    const auto with = [&](std::vector<std::string> more) {
      std::vector<std::string> all = base;
      all.insert(all.end(), more.begin(), more.end());
      return all;
    };
    const std::string whole = Output(base);
    EXPECT_EQ(Output(with({"--pad-compute", "--prefill-length", "8", "--batch-size", "4"})), whole);
    EXPECT_EQ(Output(with({"--oblivious-embedding", "--prefill-length", "5"})), whole);
    dir_.Write("out.jsonl", whole.substr(0, whole.size() / 2));
    Output(with({"--output", "out.jsonl", "--resume"}));
    EXPECT_EQ(dir_.Read("out.jsonl"), whole);
    for (const char* shard : {"1/2", "2/2"}) {
      Output(with({"--output", "shared.jsonl", "--shard", shard}));
    }
    EXPECT_EQ(dir_.Read("shared.jsonl"), whole);
    dir_.Write("out.jsonl", whole);
    const ProgramResult other = Run({"embed", "--dimensions", "4", "--model", model, "--input",
                                     "in.jsonl", "--output", "out.jsonl", "--resume"});
    EXPECT_EQ(other.exit_code, 1);
    EXPECT_THAT(other.err, HasSubstr("line 1: was not made of this"));
    if (command.size() == 2) {
      EXPECT_THAT(Run(with({"--output", "out.jsonl", "--resume", "--dimensions", "4"})).err,
                  HasSubstr("line 1: was made without --dimensions"));
    }
  }
}

TEST_F(HeadsProgramTest, AnArrayIsTheLinesNumbers) {
  const std::string model = Write(1, {.kind = HeadKind::kNone});
  const std::vector<std::string> command = {"embed", "--model", model, "--input", "in.jsonl"};
  std::string numbers;
  for (const HeadJson& line : ParsedLines(Output(command))) {
    EXPECT_EQ(line["pooling"], "last");
    EXPECT_EQ(line["dimensions"], 36);
    for (const float value : line["embedding"].get<std::vector<float>>()) {
      numbers.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
  }
  std::vector<std::string> array = command;
  array.insert(array.end(), {"--output", "rows.npy"});
  Output(array);
  const std::string file = dir_.Read("rows.npy");
  EXPECT_THAT(file.substr(0, 128), HasSubstr("'shape': (21, 36)"));
  EXPECT_TRUE(file.substr(128) == numbers);
  // What ends early leaves the file as it was; what does not replaces it.
  dir_.Write("bad.jsonl", std::string(kHeadLines) + "{\n");
  std::vector<std::string> bad = array;
  bad[4] = "bad.jsonl";
  EXPECT_EQ(Run(bad).exit_code, 1);
  EXPECT_TRUE(dir_.Read("rows.npy") == file);
  dir_.Write("rows.npy", "shorter");
  Output(array);
  EXPECT_TRUE(dir_.Read("rows.npy") == file);
}

// As files of sentence-transformers have it; nothing depends on them.
TEST_F(HeadsProgramTest, AnotherPoolingThanTheModelWasTrainedForIsWarnedOf) {
  const std::string model = Write(1, {.kind = HeadKind::kNone});
  const std::string before = Output({"embed", "--model", model, "--input", "in.jsonl"});
  std::filesystem::create_directory(model + "/1_Pooling");
  WriteText(model + "/1_Pooling/config.json", R"({"pooling_mode_mean_tokens": true})");
  WriteText(model + "/modules.json",
            R"([{"type": "a.Transformer"}, {"type": "a.Pooling", "path": "1_Pooling"},
                {"type": "a.Normalize"}])");
  const ProgramResult run = Run({"embed", "--model", model, "--input", "in.jsonl"});
  EXPECT_EQ(run.out, before);
  EXPECT_THAT(run.err,
              HasSubstr("/1_Pooling/config.json: the model was trained for --pooling mean\n"));
  EXPECT_THAT(run.err, HasSubstr("/modules.json: the model was trained for --normalize\n"));
  EXPECT_THAT(
      Run({"embed", "--model", model, "--input", "in.jsonl", "--pooling", "mean", "--normalize"})
          .err,
      testing::Not(HasSubstr("trained for")));
}

void EditConfig(const std::string& model, const HeadJson& fields) {
  std::ifstream file(model + "/config.json");
  HeadJson config = HeadJson::parse(file);
  config.update(fields);
  WriteText(model + "/config.json", config.dump());
}

void TakePrefixesOff(const std::string& model) {
  const std::string path = model + "/model.safetensors";
  std::stringstream contents;
  contents << std::ifstream(path).rdbuf();
  const std::string file = contents.str();
  uint64_t size = 0;
  std::memcpy(&size, file.data(), sizeof size);
  const HeadJson before = HeadJson::parse(file.substr(8, size));
  HeadJson header;
  for (const auto& [name, tensor] : before.items()) {
    header[name.starts_with("model.") ? name.substr(6) : name] = tensor;
  }
  std::string text = header.dump();
  text.resize(size, ' ');
  WriteText(path, file.substr(0, 8) + text + file.substr(8 + size));
}

HeadJson EmbeddingsOf(const std::string& lines) {
  HeadJson all;
  for (const HeadJson& line : ParsedLines(lines)) all.push_back(line["embedding"]);
  return all;
}

TEST_F(HeadsProgramTest, EmbeddingNeedsNoLmHead) {
  const std::string model = Write(1, {.kind = HeadKind::kNone});
  const std::vector<std::string> embed = {"embed", "--model", model, "--input", "in.jsonl"};
  const HeadJson expected = EmbeddingsOf(Output(embed));
  EditConfig(model, {{"architectures", {"MistralForCausalLM"}}, {"tie_word_embeddings", false}});
  EXPECT_EQ(EmbeddingsOf(Output(embed)), expected);
  ExpectHeadRefusal({"score", "--model", model, "--input", "in.jsonl"}, 1,
                    "is a MistralModel, with no lm_head, and so no logits; sotto embed is for it");
}

// It may be an embedding model, which is nothing to be warned of where texts are embedded.
TEST_F(HeadsProgramTest, ScoresOfATiedModelWithoutPrefixAreInDoubt) {
  const std::string model = Write(1, {.kind = HeadKind::kNone});
  EditConfig(model, {{"architectures", {"MistralForCausalLM"}}, {"tie_word_embeddings", true}});
  const std::string warning = model + "/model.safetensors: tensors have no \"model.\" before";
  for (const bool prefixed : {true, false}) {
    if (!prefixed) TakePrefixesOff(model);
    for (const char* command : {"score", "embed"}) {
      const ProgramResult run = Run({command, "--model", model, "--input", "in.jsonl"});
      EXPECT_EQ(run.exit_code, 0) << run.err;
      const bool warned = run.err.find(warning) != std::string::npos;
      EXPECT_EQ(warned, !prefixed && std::string(command) == "score") << run.err;
    }
    EXPECT_EQ(Run({"model", "inspect", model}).err.find(warning) != std::string::npos, !prefixed);
  }
}

// Of a causal model or a classifier, whose own results that code does not make.
TEST_F(HeadsProgramTest, EmbeddingsThatOwnCodeMakesAreRefused) {
  const std::pair<const char*, std::string> models[] = {
      {"score", Write(0, {})}, {"classify", Write(1, ClassifierHead({"a", "b"}))}};
  for (const auto& [command, model] : models) {
    EditConfig(model, {{"auto_map", {{"AutoModel", "own.Embedder"}}}});
    Output({command, "--model", model, "--input", "in.jsonl"});
    ExpectHeadRefusal({"embed", "--model", model, "--input", "in.jsonl"}, 1,
                      model + ": config.json: auto_map.AutoModel names code of the checkpoint's");
  }
}

TEST_F(HeadsProgramTest, WhatDoesNotGoTogether) {
  const std::string bare = Write(1, {.kind = HeadKind::kNone});
  for (const char* command : {"score", "classify"}) {
    ExpectHeadRefusal({command, "--model", bare, "--input", "in.jsonl"}, 1,
                      "is a MistralModel, with no l");
  }
  ExpectHeadRefusal({"prefill", "--model", bare, "--prompt", "In"}, 1,
                    "is a MistralModel, with no lm_head, and so no logits; sotto embed is for it");
  const std::string causal = Write(0, {});
  ExpectHeadRefusal({"classify", "--model", causal, "--input", "in.jsonl"}, 1,
                    "is a LlamaForCausalLM, with no labels to choose from");
  const std::vector<std::string> array = {"embed",    "--model",  bare,      "--input",
                                          "in.jsonl", "--output", "rows.npy"};
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--resume"}, {"--shard", "1/2"}, {"--pooling", "all"}}) {
    std::vector<std::string> arguments = array;
    arguments.insert(arguments.end(), more.begin(), more.end());
    ExpectHeadRefusal(arguments, 2, "--output: an .npy file does not go with ");
  }
  for (const char* name : {"rows.npz", "rows.safetensors"}) {
    ExpectHeadRefusal(
        {"embed", "--model", bare, "--output", name}, 2,
        "--output: cannot write ." + std::string(name + 5) + ", but JSON lines and .npy");
  }
  for (const char* command : {"score", "classify"}) {
    ExpectHeadRefusal({command, "--model", bare, "--output", "rows.npy"}, 2,
                      "--output: cannot write .npy, but JSON lines\n");
  }
  ExpectHeadRefusal({"embed", "--model", bare, "--input", "in.jsonl", "--dimensions", "37"}, 1,
                    "--dimensions: 37, but hidden states have 36");
  dir_.Write("labels.jsonl", "{\"prompt\": [1], \"labels\": [[2]]}\n");
  ExpectHeadRefusal({"embed", "--model", bare, "--input", "labels.jsonl"}, 1,
                    "line 1: sotto embed takes texts or ids alone");
}

// A sealed model is opened from one file, classifier included.
TEST_F(HeadsProgramTest, SealedModelsHaveTheirHeads) {
  const std::string model = Write(0, ClassifierHead({"a", "b"}));
  const std::string whole = Output({"classify", "--model", model, "--input", "in.jsonl"});
  Output({"model", "seal", model, "--out", "model.sotto"});
  const auto lines =
      ParsedLines(Output({"classify", "--model", "model.sotto", "--input", "in.jsonl"}));
  const auto expected = ParsedLines(whole);
  ASSERT_EQ(lines.size(), expected.size());
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i], expected[i]);
}

}  // namespace
}  // namespace sotto
