// Embeddings and labels: against the references, whatever runs beside them, and what a model's head
// does not compute.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.h"
#include "sotto/prefill.h"
#include "testing/family_configs.h"
#include "testing/reference_tensors.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using HeadPrompts = std::vector<TokenIds>;

constexpr size_t kHeadLength = 140;

Prefill MakeHeadPrefill(const Model& model, PrefillOptions options = {}) {
  options.prefill_length = kHeadLength;
  options.precision = options.precision.value_or(Precision::kF32);
  options.threads = 2;
  absl::StatusOr<Prefill> prefill = Prefill::Create(model, options);
  SOTTO_CHECK(prefill.ok());
  return *std::move(prefill);
}

Model OpenHead(const FamilyConfig& family, const TempDir& dir) {
  absl::StatusOr<Model> model = Model::Open(WriteFamilyModel(family, dir));
  SOTTO_CHECK(model.ok());
  return *std::move(model);
}

// Of many lengths; the last two begin alike for more than 64 tokens, and so share a prefix.
HeadPrompts MakeHeadPrompts() {
  HeadPrompts prompts;
  for (const size_t length : {1, 7, 66, 130, 90, 100}) {
    TokenIds ids;
    for (size_t i = 0; i < length; ++i) {
      const size_t seed = length >= 90 && i < 80 ? 5 : length;
      ids.push_back(static_cast<int32_t>((seed * 31 + i * 97) % 2048));
    }
    prompts.push_back(ids);
  }
  return prompts;
}

double LargestDifference(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    largest = std::max(largest, std::abs(double{a[i]} - b[i]));
  }
  return largest;
}

// The references are computed in f64. A hidden state is normed, so of the order of 1; three layers
// of f32 sums over at most 160 numbers leave some 1e-6 of it.
constexpr double kReferenceTolerance = 1e-4;

TEST(HeadsTest, HiddenStatesOfTheReferences) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  for (const char* name : {"llama-classifier", "llama-embedding", "llama-reward", "mistral-full",
                           "mistral-window", "qwen2", "qwen3", "qwen3-v5"}) {
    SCOPED_TRACE(name);
    const std::string path = *data + "/families/" + name;
    auto tensors = ReadReferenceTensors(path + "/reference.safetensors");
    Prefill prefill = MakeHeadPrefill(*Model::Open(path), {.batch_size = 2});
    for (const std::string prompt : {"one", "short", "repeat", "long"}) {
      const HeadPrompts ids = {tensors.at(prompt + ".ids").As<int32_t>()};
      const auto hidden = prefill.HiddenStates(ids, Pooling::kAll);
      ASSERT_TRUE(hidden.ok()) << hidden.status();
      EXPECT_LE(
          LargestDifference(hidden->front().values, tensors.at(prompt + ".hidden").As<float>()),
          kReferenceTolerance);
    }
  }
}

// The references score every position: that of a prompt's beginning is its last one's.
TEST(HeadsTest, ScoresOfTheReferences) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  for (const char* name : {"llama-classifier", "llama-reward"}) {
    SCOPED_TRACE(name);
    const std::string path = *data + "/families/" + name;
    auto tensors = ReadReferenceTensors(path + "/reference.safetensors");
    const Model model = *Model::Open(path);
    Prefill prefill = MakeHeadPrefill(model, {.batch_size = 16});
    const size_t labels = model.info().head.labels.size();
    const auto pad = static_cast<int32_t>(model.info().head.pad_token_id.value());
    for (const std::string prompt : {"one", "short", "repeat", "long"}) {
      const TokenIds ids = tensors.at(prompt + ".ids").As<int32_t>();
      const std::vector<float> scores = tensors.at(prompt + ".scores").As<float>();
      HeadPrompts beginnings;
      for (size_t n = 1; n <= ids.size(); ++n) {
        beginnings.emplace_back(ids.begin(), ids.begin() + static_cast<ptrdiff_t>(n));
      }
      const auto results = prefill.Classify(beginnings);
      ASSERT_TRUE(results.ok()) << results.status();
      for (size_t n = 0; n < ids.size(); ++n) {
        if (ids[n] == pad) continue;  // Not a last token.
        EXPECT_LE(
            LargestDifference((*results)[n].logits, std::span(scores).subspan(n * labels, labels)),
            kReferenceTolerance)
            << prompt << " " << n;
      }
    }
  }
}

std::vector<HeadSpec> AllHeads() {
  HeadSpec padded = ClassifierHead({"a", "b", "c"});
  padded.pad_token_id = 3;
  return {{}, {.kind = HeadKind::kNone}, ClassifierHead({"good"}), padded};
}

// Every way of running, every family: the same bits.
TEST(HeadsTest, WhateverRunsBesideThem) {
  const HeadPrompts prompts = MakeHeadPrompts();
  for (const FamilyConfig& family : FamilyConfigs()) {
    for (const HeadSpec& head : AllHeads()) {
      const TempDir dir;
      const Model model = OpenHead(WithHead(family, head), dir);
      SCOPED_TRACE(model.info().architecture);
      Prefill alone = MakeHeadPrefill(model);
      for (const PrefillOptions& options : {PrefillOptions{.batch_size = 4},
                                            PrefillOptions{.batch_size = 4, .pad_compute = true}}) {
        Prefill together = MakeHeadPrefill(model, options);
        const auto embeddings = together.Embed(prompts, {.dimensions = 20, .normalize = true});
        ASSERT_TRUE(embeddings.ok()) << embeddings.status();
        for (size_t p = 0; p < prompts.size(); ++p) {
          const auto one =
              alone.Embed(HeadPrompts{prompts[p]}, {.dimensions = 20, .normalize = true});
          EXPECT_EQ((*embeddings)[p].values, one->front().values);
        }
        if (head.kind != HeadKind::kClassifier) continue;
        const auto labels = together.Classify(prompts);
        ASSERT_TRUE(labels.ok()) << labels.status();
        for (size_t p = 0; p < prompts.size(); ++p) {
          const auto one = alone.Classify(HeadPrompts{prompts[p]});
          EXPECT_EQ((*labels)[p].logits, one->front().logits);
          EXPECT_EQ((*labels)[p].probabilities, one->front().probabilities);
        }
      }
    }
  }
}

TEST(HeadsTest, LogitsAreRowsTimesTheLastHiddenState) {
  const TempDir dir;
  const Model model = OpenHead(WithHead(FamilyConfigs()[3], ClassifierHead({"a", "b", "c"})), dir);
  const Checkpoint checkpoint = *Checkpoint::Open(model.info().path);
  Matrix<float> rows(3, model.info().hidden_size);
  ASSERT_TRUE(checkpoint.ReadRows(*checkpoint.Find("score.weight"), 0, rows.view()).ok());
  Prefill prefill = MakeHeadPrefill(model);
  const HeadPrompts prompts = MakeHeadPrompts();
  const auto hidden = prefill.HiddenStates(prompts, Pooling::kLast);
  const auto labels = prefill.Classify(prompts);
  ASSERT_TRUE(hidden.ok() && labels.ok());
  for (size_t p = 0; p < prompts.size(); ++p) {
    double total = 0;
    for (size_t k = 0; k < 3; ++k) {
      double sum = 0;
      for (size_t j = 0; j < rows.cols(); ++j)
        sum += double{rows.view()(k, j)} * (*hidden)[p].values[j];
      EXPECT_EQ((*labels)[p].logits[k], static_cast<float>(sum));
      total += std::exp(double{(*labels)[p].logits[k]});
    }
    for (size_t k = 0; k < 3; ++k) {  // Some roundings of f64.
      EXPECT_NEAR((*labels)[p].probabilities[k], std::exp(double{(*labels)[p].logits[k]}) / total,
                  1e-14);
    }
  }
}

TEST(HeadsTest, EachLabelByItself) {
  const TempDir dir;
  HeadSpec head = ClassifierHead({"a", "b"});
  head.activation = LabelActivation::kSigmoid;
  const Model model = OpenHead(WithHead(FamilyConfigs()[0], head), dir);
  const auto labels = MakeHeadPrefill(model).Classify(HeadPrompts{{1, 2, 3}});
  ASSERT_TRUE(labels.ok()) << labels.status();
  for (size_t k = 0; k < 2; ++k) {
    EXPECT_DOUBLE_EQ(labels->front().probabilities[k],
                     1 / (1 + std::exp(-double{labels->front().logits[k]})));
  }
}

// As in transformers: padding at the end does not count, and of padding alone the first token does.
TEST(HeadsTest, TheLastTokenThatIsNotPaddingIsScored) {
  const TempDir dir;
  HeadSpec head = ClassifierHead({"good"});
  head.pad_token_id = 9;
  const Model model = OpenHead(WithHead(FamilyConfigs()[1], head), dir);
  for (const bool padded : {false, true}) {
    Prefill prefill = MakeHeadPrefill(model, {.batch_size = 2, .pad_compute = padded});
    const auto labels =
        prefill.Classify(HeadPrompts{{4, 9, 7}, {4, 9, 7, 9, 9}, {9}, {9, 9, 9}, {4, 9, 7, 9, 8}});
    ASSERT_TRUE(labels.ok()) << labels.status();
    EXPECT_EQ((*labels)[0].logits, (*labels)[1].logits);
    EXPECT_EQ((*labels)[2].logits, (*labels)[3].logits);
    EXPECT_NE((*labels)[0].logits, (*labels)[4].logits);
    EXPECT_TRUE((*labels)[0].probabilities.empty());
  }
}

TEST(HeadsTest, EmbeddingsAreCutBeforeTheyAreScaled) {
  const TempDir dir;
  const Model model = OpenHead(WithHead(FamilyConfigs()[2], {.kind = HeadKind::kNone}), dir);
  Prefill prefill = MakeHeadPrefill(model);
  const HeadPrompts prompts = MakeHeadPrompts();
  for (const Pooling pooling : {Pooling::kLast, Pooling::kMean, Pooling::kAll}) {
    const auto whole = prefill.HiddenStates(prompts, pooling);
    const auto cut = prefill.Embed(prompts, {.pooling = pooling, .dimensions = 8});
    const auto scaled =
        prefill.Embed(prompts, {.pooling = pooling, .dimensions = 8, .normalize = true});
    ASSERT_TRUE(whole.ok() && cut.ok() && scaled.ok());
    for (size_t p = 0; p < prompts.size(); ++p) {
      ASSERT_EQ((*cut)[p].rows, (*whole)[p].rows);
      ASSERT_EQ((*cut)[p].hidden_size, 8u);
      ASSERT_EQ((*scaled)[p].values.size(), 8 * (*whole)[p].rows);
      for (size_t i = 0; i < (*cut)[p].rows; ++i) {
        EXPECT_TRUE(std::ranges::equal((*cut)[p].row(i), (*whole)[p].row(i).first(8)));
        double squares = 0;
        for (const float x : (*cut)[p].row(i)) squares += double{x} * x;
        for (size_t j = 0; j < 8; ++j) {
          EXPECT_EQ((*scaled)[p].row(i)[j],
                    static_cast<float>((*cut)[p].row(i)[j] / std::sqrt(squares)));
        }
      }
    }
  }
  EXPECT_TRUE(absl::IsInvalidArgument(prefill.Embed(prompts, {.dimensions = 37}).status()));
}

void ExpectNot(const absl::Status& status, const std::string& what) {
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(what));
}

TEST(HeadsTest, WhatAHeadDoesNotCompute) {
  const HeadPrompts prompts = {{1, 2, 3}};
  const auto nothing = [](const LogitsRows&) {};
  for (const HeadSpec& head : AllHeads()) {
    const TempDir dir;
    const Model model = OpenHead(WithHead(FamilyConfigs()[0], head), dir);
    EXPECT_EQ(model.info().head, head);
    Prefill prefill = MakeHeadPrefill(model);
    const std::string name = "the model is a " + model.info().architecture;
    const std::string rest = head.kind == HeadKind::kLmHead ? "but logits, scores (score) and emb"
                             : head.kind == HeadKind::kNone ? "but embeddings (embed)"
                                                            : "but labels (classify) and emb";
    if (head.kind != HeadKind::kClassifier) {
      ExpectNot(prefill.Classify(prompts).status(),
                name + ", which has no labels to choose from, " + rest);
    }
    if (head.kind == HeadKind::kLmHead) continue;
    ExpectNot(prefill.Score(prompts).status(), name);
    ExpectNot(prefill.Logits(prompts, Positions::kLast, nothing),
              name + ", which has no lm_head and so no logits, " + rest);
    ExpectNot(prefill.LogprobsOf(prompts, std::vector<NamedTokens>{{.ids = {1}}}).status(), name);
    EXPECT_TRUE(prefill.Embed(prompts).ok());
  }
}

TEST(HeadsTest, EmbeddingsThatOwnCodeMakesAreRefused) {
  const HeadPrompts prompts = {{1, 2, 3}};
  const TempDir dir;
  const std::string path = WriteFamilyModel(FamilyConfigs()[0], dir);
  nlohmann::json config = nlohmann::json::parse(*ReadFile(path + "/config.json"));
  config["auto_map"] = {{"AutoModel", "own.Embedder"}};
  std::ofstream(path + "/config.json") << config;
  const auto model = Model::Open(path);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->info().embedding_code, "own.Embedder");
  Prefill prefill = MakeHeadPrefill(*model);
  EXPECT_TRUE(prefill.Score(prompts).ok());
  const absl::Status refused = prefill.Embed(prompts).status();
  EXPECT_TRUE(absl::IsUnimplemented(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), testing::HasSubstr("auto_map.AutoModel"));
}

// With a tied lm_head and without, in every precision: the same to the bit.
TEST(HeadsTest, HiddenStatesAloneAreThoseOfAWholePrefill) {
  const HeadPrompts prompts = MakeHeadPrompts();
  for (const bool tied : {false, true}) {
    FamilyConfig family = FamilyConfigs()[0];
    family.spec.tie_word_embeddings = tied;
    const TempDir dir;
    const Model model = OpenHead(family, dir);
    for (const Precision precision : {Precision::kF32, Precision::kInt8, Precision::kFixed}) {
      Prefill whole = MakeHeadPrefill(model, {.precision = precision});
      Prefill hidden = MakeHeadPrefill(model, {.precision = precision, .hidden_states_only = true});
      const auto expected = whole.Embed(prompts), found = hidden.Embed(prompts);
      ASSERT_TRUE(expected.ok() && found.ok()) << found.status();
      for (size_t p = 0; p < prompts.size(); ++p) {
        EXPECT_EQ((*found)[p].values, (*expected)[p].values);
      }
      const absl::Status scores = hidden.Score(prompts).status();
      EXPECT_TRUE(absl::IsFailedPrecondition(scores)) << scores;
      EXPECT_THAT(std::string(scores.message()), testing::HasSubstr("hidden_states_only"));
    }
  }
}

TEST(HeadsTest, OneKindOfResultARun) {
  const TempDir dir;
  Prefill prefill = MakeHeadPrefill(OpenHead(FamilyConfigs()[0], dir));
  const RunRequest request{.logits = [](const LogitsRows&) {},
                           .embeddings = [](size_t, Hidden) { return absl::OkStatus(); }};
  EXPECT_TRUE(absl::IsInvalidArgument(prefill.Run(HeadPrompts{{1, 2}}, request).status()));
}

}  // namespace
}  // namespace sotto
