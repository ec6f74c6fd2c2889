// A prompt's logits are the same to the bit alone, in any batch, at any prefill length, on any
// number of threads and lanes, with its prefix shared or not.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "testing/local_prefill.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

constexpr size_t kVocab = 2048;  // Of the shipped model.

Prompt RandomPrompt(size_t length, uint32_t seed) {
  std::mt19937 rng(seed);
  Prompt prompt(length);
  for (int32_t& id : prompt) id = static_cast<int32_t>(rng() % kVocab);
  return prompt;
}

EngineOptions Options(int threads, size_t batch_size, size_t prefill_length, int lanes) {
  EngineOptions options;
  options.threads = threads;
  options.batch_size = batch_size;
  options.prefill_length = prefill_length;
  options.lanes = lanes;
  return options;
}

uint32_t Bits(float value) { return std::bit_cast<uint32_t>(value); }

void ExpectSameBits(const PromptLogits& a, const PromptLogits& b) {
  ASSERT_EQ(a.values.size(), b.values.size());
  EXPECT_EQ(std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(float)), 0);
  EXPECT_EQ(b.deliveries, std::vector<int>(b.deliveries.size(), 1));
}

class InvarianceTest : public testing::TestWithParam<Precision> {
 protected:
  // Each prompt in a batch of its own, on one thread.
  std::vector<PromptLogits> Alone(const std::vector<Prompt>& prompts) {
    size_t longest = 0;
    for (const Prompt& prompt : prompts) longest = std::max(longest, prompt.size());
    LocalPrefill prefill(ShippedModelDir(), GetParam(), Options(1, 1, longest, 1));
    std::vector<PromptLogits> out;
    out.reserve(prompts.size());
    for (const Prompt& prompt : prompts) out.push_back(prefill.Run({prompt})[0]);
    return out;
  }

  void ExpectSame(const std::vector<Prompt>& prompts, const EngineOptions& options,
                  const RunOptions& run = {}) {
    const std::vector<PromptLogits> alone = Alone(prompts);
    LocalPrefill prefill(ShippedModelDir(), GetParam(), options);
    const std::vector<PromptLogits> together = prefill.Run(prompts, run);
    for (size_t i = 0; i < prompts.size(); ++i) ExpectSameBits(alone[i], together[i]);
  }
};

const std::vector<Prompt>& MixedPrompts() {
  static const std::vector<Prompt>& prompts = *new std::vector<Prompt>{
      RandomPrompt(1, 1),   RandomPrompt(130, 2), RandomPrompt(17, 3), RandomPrompt(64, 4),
      RandomPrompt(200, 5), RandomPrompt(33, 6),  RandomPrompt(2, 7),  RandomPrompt(150, 8)};
  return prompts;
}

TEST_P(InvarianceTest, NoRoomToSpare) {
  const std::vector<PromptLogits> roomy = Alone(MixedPrompts());
  for (size_t i = 0; i < roomy.size(); ++i) {
    const Prompt& prompt = MixedPrompts()[i];
    LocalPrefill prefill(ShippedModelDir(), GetParam(), Options(1, 1, prompt.size(), 1));
    ExpectSameBits(roomy[i], prefill.Run({prompt})[0]);
  }
}

TEST_P(InvarianceTest, BatchOfEight) { ExpectSame(MixedPrompts(), Options(1, 8, 200, 1)); }

TEST_P(InvarianceTest, LongerPrefillMoreThreads) {
  ExpectSame(MixedPrompts(), Options(3, 9, 700, 1));
}

TEST_P(InvarianceTest, PaddedToAFixedShape) {
  RunOptions run;
  run.pad_compute = true;
  ExpectSame(MixedPrompts(), Options(2, 9, 210, 1), run);
}

TEST_P(InvarianceTest, SeveralLanes) {
  ExpectSame(MixedPrompts(), Options(2, 8, 200, 2));
  ExpectSame({RandomPrompt(700, 9)}, Options(3, 1, 700, 3));
}

TEST_P(InvarianceTest, SharedPrefixes) {
  // Ends of the prefix on and off the blocks of keys; a prompt that is the prefix; equal prompts.
  for (size_t shared : {64, 100, 128}) {
    const Prompt context = RandomPrompt(shared, 10);
    std::vector<Prompt> prompts = {context, RandomPrompt(90, 11)};
    for (size_t i = 0; i < 4; ++i) {
      Prompt prompt = context;
      const Prompt continuation = RandomPrompt(1 + 31 * i, 12 + i);
      prompt.insert(prompt.end(), continuation.begin(), continuation.end());
      prompts.push_back(prompt);
    }
    prompts.push_back(prompts.back());
    ExpectSame(prompts, Options(2, prompts.size(), 300, 1));
    ExpectSame(prompts, Options(2, prompts.size(), 300, 2));
  }
}

TEST_P(InvarianceTest, LastLogitsAreTheLastOfAll) {
  LocalPrefill prefill(ShippedModelDir(), GetParam(), Options(2, 8, 200, 1));
  const std::vector<PromptLogits> all = prefill.Run(MixedPrompts());
  RunOptions run;
  run.logits = LogitsMode::kLast;
  const std::vector<PromptLogits> last = prefill.Run(MixedPrompts(), run);
  for (size_t i = 0; i < all.size(); ++i) {
    const size_t position = all[i].deliveries.size() - 1;
    std::vector<int> only_last(position + 1, 0);
    only_last.back() = 1;
    EXPECT_EQ(last[i].deliveries, only_last);
    EXPECT_TRUE(std::ranges::equal(std::span(all[i].row(position), kVocab),
                                   std::span(last[i].row(position), kVocab), {}, Bits, Bits));
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, InvarianceTest,
                         testing::Values(Precision::kF32, Precision::kBf16, Precision::kInt8,
                                         Precision::kFixed),
                         [](const auto& info) { return std::string(PrecisionName(info.param)); });

}  // namespace
}  // namespace sotto
