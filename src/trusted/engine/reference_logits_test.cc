// The engine against logits and likelihoods from float64 implementations that share no code with
// it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "kernels/elementwise.h"
#include "kernels/reference.h"
#include "testing/local_prefill.h"
#include "testing/reference_tensors.h"
#include "testing/sanitizer.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"
#include "trusted/tokenizer/tokenizer.h"

namespace sotto {
namespace {

EngineOptions OptionsOf(size_t prefill_length) {
  EngineOptions options;
  options.threads = 2;
  options.prefill_length = prefill_length;
  return options;
}

struct Difference {
  double max = 0, mean_kl = 0;
  int argmax_flips = 0;
};

Difference Compare(const PromptLogits& got, const std::vector<float>& want) {
  Difference difference;
  const size_t vocab = got.vocab, rows = want.size() / vocab;
  for (size_t i = 0; i < rows; ++i) {
    const float *a = got.row(i), *b = &want[i * vocab];
    // In double: the row kernel's 1e-6 is far above the divergences compared here.
    const double log_a = reference::LogSumExp({a, a + vocab});
    const double log_b = reference::LogSumExp({b, b + vocab});
    for (size_t j = 0; j < vocab; ++j) {
      difference.max = std::max(difference.max, std::abs(double{a[j]} - b[j]));
      difference.mean_kl += std::exp(b[j] - log_b) * ((b[j] - log_b) - (a[j] - log_a)) / rows;
    }
    difference.argmax_flips += ArgMaxRow(a, vocab) != ArgMaxRow(b, vocab) ? 1 : 0;
  }
  return difference;
}

// Logits of magnitude 20 after some 10^3 roundings of 2^-24, of either sign.
void ExpectF32Accuracy(const Difference& difference) {
  EXPECT_LE(difference.max, 2e-4);
  EXPECT_LE(std::abs(difference.mean_kl), 1e-9);
  EXPECT_EQ(difference.argmax_flips, 0);
}

void ExpectAllPromptsAgree(const std::string& model_dir, const std::string& reference) {
  const auto tensors = ReadReferenceTensors(reference);
  LocalPrefill prefill(model_dir, Precision::kF32, OptionsOf(512));
  for (const auto& [name, tensor] : tensors) {
    if (!name.ends_with(".ids")) continue;
    SCOPED_TRACE(name);
    const std::string prompt = name.substr(0, name.size() - 4);
    const auto logits = prefill.Run({tensor.As<int32_t>()});
    ExpectF32Accuracy(Compare(logits[0], tensors.at(prompt + ".logits").As<float>()));
  }
}

TEST(ReferenceLogitsTest, ShippedModel) {
  ExpectAllPromptsAgree(ShippedModelDir(), ShippedModelDir() + "/reference/logits.safetensors");
}

TEST(ReferenceLogitsTest, Stories) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  ExpectAllPromptsAgree(*data + "/stories260K", *data + "/reference/logits.safetensors");
}

TEST(ReferenceLogitsTest, Families) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  for (const char* family : {"mistral-full", "mistral-window", "qwen2", "qwen3", "qwen3-v5"}) {
    SCOPED_TRACE(family);
    const std::string model = *data + "/families/" + family;
    ExpectAllPromptsAgree(model, model + "/reference.safetensors");
  }
}

TEST(ReferenceLogitsTest, ConfigVariants) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  const auto tensors = ReadReferenceTensors(*data + "/reference/config_variants.safetensors");
  const auto base = nlohmann::json::parse(*ReadFile(*data + "/stories260K/config.json"));
  const auto variants = nlohmann::json::parse(*ReadFile(*data + "/reference/config_variants.json"));
  for (const auto& [name, changes] : variants.items()) {
    SCOPED_TRACE(name);
    const TempDir dir;
    nlohmann::json config = base;
    config.update(changes);
    dir.Write("config.json", config.dump());
    std::filesystem::create_symlink(*data + "/stories260K/model.safetensors",
                                    dir.File("model.safetensors"));
    LocalPrefill prefill(dir.path(), Precision::kF32, OptionsOf(160));
    const auto logits = prefill.Run({tensors.at("ids").As<int32_t>()});
    ExpectF32Accuracy(Compare(logits[0], tensors.at(name).As<float>()));
  }
}

// BOS and the stories of a text file, as the reference scored them.
std::vector<Prompt> Stories(const std::string& data, const std::string& source) {
  const auto tokenizer = Tokenizer::Load(data + "/stories260K/tokenizer.json");
  SOTTO_CHECK(tokenizer.ok());
  std::string text = *ReadFile(data + "/texts/" + source + ".txt");
  const std::string separator = "<|endoftext|>";
  std::vector<Prompt> prompts;
  for (size_t at; (at = text.find(separator)) != std::string::npos;
       text.erase(0, at + separator.size())) {
    std::string story = text.substr(0, at);
    story.erase(0, story.find_first_not_of('\n'));
    story.erase(story.find_last_not_of('\n') + 1);
    Prompt ids = *tokenizer->Encode(story, {});
    ids.insert(ids.begin(), 1);
    if (ids.size() > 512) ids.resize(512);
    prompts.push_back(std::move(ids));
  }
  return prompts;
}

double TotalNll(LocalPrefill& prefill, const std::vector<Prompt>& prompts) {
  double nll = 0;
  for (const Prompt& prompt : prompts) {
    nll += NegativeLogLikelihood(prompt, prefill.Run({prompt})[0]);
  }
  return nll;
}

double ScoredTokens(const std::vector<Prompt>& prompts) {
  double count = 0;
  for (const Prompt& prompt : prompts) count += static_cast<double>(prompt.size() - 1);
  return count;
}

TEST(ReferenceNllTest, AllStorageTypesInF32) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  const auto reference = nlohmann::json::parse(*ReadFile(*data + "/reference/nll.json"));
  for (const char* model : {"stories260K", "stories260K-bf16-sharded", "stories260K-f16-untied"}) {
    LocalPrefill prefill(*data + "/" + model, Precision::kF32, OptionsOf(512));
    for (const char* source : {"own_stories", "tinystories_sample"}) {
      const std::vector<Prompt> prompts = Stories(*data, source);
      double want = 0;
      for (const auto& entry : reference[model]) {
        if (entry["source"] == source) want += entry["nll"].get<double>();
      }
      const double tokens = ScoredTokens(prompts);
      EXPECT_NEAR(TotalNll(prefill, prompts) / tokens, want / tokens, 1e-5) << model << source;
    }
  }
}

// ln p of every token of a prompt but the first.
std::vector<double> TokenLogprobs(const Prompt& prompt, const PromptLogits& logits) {
  std::vector<double> logprobs;
  for (size_t i = 1; i < prompt.size(); ++i) {
    const float* row = logits.row(i - 1);
    logprobs.push_back(row[prompt[i]] - reference::LogSumExp({row, row + logits.vocab}));
  }
  return logprobs;
}

// What docs/numerics.md promises of weights of 12 bits: they are some 16 times finer than those of
// 8, which moved a token by up to 0.28 and by 0.02 on average.
void ExpectFixedNearF32(const std::string& model_dir, const std::vector<Prompt>& prompts) {
  LocalPrefill f32(model_dir, Precision::kF32, OptionsOf(512));
  LocalPrefill fixed(model_dir, Precision::kFixed, OptionsOf(512));
  double largest = 0, total = 0;
  for (const Prompt& prompt : prompts) {
    const std::vector<double> want = TokenLogprobs(prompt, f32.Run({prompt})[0]);
    const std::vector<double> got = TokenLogprobs(prompt, fixed.Run({prompt})[0]);
    for (size_t i = 0; i < want.size(); ++i) {
      largest = std::max(largest, std::abs(got[i] - want[i]));
      total += std::abs(got[i] - want[i]);
    }
  }
  EXPECT_LE(largest, 0.02);
  EXPECT_LE(total / ScoredTokens(prompts), 0.002);
}

TEST(FixedLogprobsTest, StoriesAreNearF32) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  std::vector<Prompt> prompts = Stories(*data, "own_stories");
  if (kUnderSanitizer) prompts.resize(2);
  ExpectFixedNearF32(*data + "/stories260K", prompts);
}

TEST(FixedLogprobsTest, ShippedModelIsNearF32) {
  const auto tokenizer = Tokenizer::Load(ShippedModelDir() + "/tokenizer.json");
  ASSERT_TRUE(tokenizer.ok());
  const Prompt all = *tokenizer->Encode(*ReadFile(ShippedModelDir() + "/heldout.txt"), {});
  std::vector<Prompt> prompts;
  for (size_t i = 0; i < (kUnderSanitizer ? 2 : 10); ++i) {
    prompts.emplace_back(all.begin() + i * 256, all.begin() + (i + 1) * 256);
  }
  ExpectFixedNearF32(ShippedModelDir(), prompts);
}

// How far a precision may move the likelihood of real text from f32's, relative.
struct PrecisionBound {
  Precision precision;
  double bound;
};
class PrecisionNllTest : public testing::TestWithParam<PrecisionBound> {
 protected:
  void SetUp() override {
    if (kUnderSanitizer) GTEST_SKIP() << "SKIPPED: of numbers, which a sanitizer does not change";
  }
};

TEST_P(PrecisionNllTest, Stories) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  const std::string dir = *data + "/stories260K";
  LocalPrefill f32(dir, Precision::kF32, OptionsOf(512));
  LocalPrefill other(dir, GetParam().precision, OptionsOf(512));
  const std::vector<Prompt> prompts = Stories(*data, "own_stories");
  const double want = TotalNll(f32, prompts);
  EXPECT_NEAR(TotalNll(other, prompts), want, GetParam().bound * want);
}

TEST_P(PrecisionNllTest, ShippedModel) {
  const auto tokenizer = Tokenizer::Load(ShippedModelDir() + "/tokenizer.json");
  ASSERT_TRUE(tokenizer.ok());
  const std::string text = *ReadFile(ShippedModelDir() + "/heldout.txt");
  const Prompt all = *tokenizer->Encode(text, {});
  // The reference's windows: 40 of 256 ids, each behind a BOS.
  std::vector<Prompt> prompts;
  for (size_t i = 0; i < 40; ++i) {
    Prompt ids = {2040};
    ids.insert(ids.end(), all.begin() + i * 256, all.begin() + (i + 1) * 256);
    prompts.push_back(std::move(ids));
  }
  const auto reference =
      nlohmann::json::parse(*ReadFile(ShippedModelDir() + "/reference/reference.json"));
  const double want = reference["nll_per_token"];
  LocalPrefill prefill(ShippedModelDir(), GetParam().precision, OptionsOf(257));
  EXPECT_NEAR(TotalNll(prefill, prompts) / ScoredTokens(prompts), want, GetParam().bound * want);
}

INSTANTIATE_TEST_SUITE_P(Precisions, PrecisionNllTest,
                         testing::Values(PrecisionBound{Precision::kF32, 1e-5},
                                         PrecisionBound{Precision::kBf16, 0.005},
                                         PrecisionBound{Precision::kInt8, 0.02},
                                         PrecisionBound{Precision::kFixed, 0.0005}));

}  // namespace
}  // namespace sotto
