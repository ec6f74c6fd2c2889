// A prompt's logits are the same to the bit alone, in any batch, at any prefill length, on any
// number of threads and lanes, with its prefix shared or not.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "testing/family_configs.h"
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

struct Subject {
  std::string model_dir;
  Precision precision;

  auto operator<=>(const Subject&) const = default;
};

// Each prompt in a batch of its own, on one thread.
std::vector<PromptLogits> ComputeAlone(const Subject& subject, const std::vector<Prompt>& prompts) {
  size_t longest = 0;
  for (const Prompt& prompt : prompts) longest = std::max(longest, prompt.size());
  LocalPrefill prefill(subject.model_dir, subject.precision, Options(1, 1, longest, 1));
  std::vector<PromptLogits> out;
  out.reserve(prompts.size());
  for (const Prompt& prompt : prompts) out.push_back(prefill.Run({prompt})[0]);
  return out;
}

// Computed once for all the tests of a model that compare with them.
const std::vector<PromptLogits>& Alone(const Subject& subject, const std::vector<Prompt>& prompts) {
  static auto& known =
      *new std::map<std::pair<Subject, std::vector<Prompt>>, std::vector<PromptLogits>>;
  if (!known.empty() && known.begin()->first.first.model_dir != subject.model_dir) known.clear();
  std::vector<PromptLogits>& alone = known[{subject, prompts}];
  if (alone.empty()) alone = ComputeAlone(subject, prompts);
  return alone;
}

void ExpectSame(const Subject& subject, const std::vector<Prompt>& prompts,
                const EngineOptions& options, const RunOptions& run = {}) {
  const std::vector<PromptLogits>& alone = Alone(subject, prompts);
  LocalPrefill prefill(subject.model_dir, subject.precision, options);
  const std::vector<PromptLogits> together = prefill.Run(prompts, run);
  for (size_t i = 0; i < prompts.size(); ++i) ExpectSameBits(alone[i], together[i]);
}

// Prompts of one beginning, of which one is no more than that and two are equal; and one other.
std::vector<Prompt> PromptsWithPrefix(size_t shared) {
  const Prompt context = RandomPrompt(shared, 10);
  std::vector<Prompt> prompts = {context, RandomPrompt(90, 11)};
  for (size_t i = 0; i < 4; ++i) {
    Prompt prompt = context;
    const Prompt continuation = RandomPrompt(1 + 31 * i, 12 + i);
    prompt.insert(prompt.end(), continuation.begin(), continuation.end());
    prompts.push_back(prompt);
  }
  prompts.push_back(prompts.back());
  return prompts;
}

class InvarianceTest : public testing::TestWithParam<Precision> {
 protected:
  static Subject Shipped() { return {ShippedModelDir(), GetParam()}; }
};

const std::vector<Prompt>& MixedPrompts() {
  static const std::vector<Prompt>& prompts = *new std::vector<Prompt>{
      RandomPrompt(1, 1),   RandomPrompt(130, 2), RandomPrompt(17, 3), RandomPrompt(64, 4),
      RandomPrompt(200, 5), RandomPrompt(33, 6),  RandomPrompt(2, 7),  RandomPrompt(150, 8)};
  return prompts;
}

TEST_P(InvarianceTest, NoRoomToSpare) {
  const std::vector<PromptLogits>& roomy = Alone(Shipped(), MixedPrompts());
  for (size_t i = 0; i < roomy.size(); ++i) {
    const Prompt& prompt = MixedPrompts()[i];
    LocalPrefill prefill(ShippedModelDir(), GetParam(), Options(1, 1, prompt.size(), 1));
    ExpectSameBits(roomy[i], prefill.Run({prompt})[0]);
  }
}

TEST_P(InvarianceTest, BatchOfEight) {
  ExpectSame(Shipped(), MixedPrompts(), Options(1, 8, 200, 1));
}

TEST_P(InvarianceTest, LongerPrefillMoreThreads) {
  ExpectSame(Shipped(), MixedPrompts(), Options(3, 9, 700, 1));
}

TEST_P(InvarianceTest, PaddedToAFixedShape) {
  RunOptions run;
  run.pad_compute = true;
  ExpectSame(Shipped(), MixedPrompts(), Options(2, 9, 210, 1), run);
}

TEST_P(InvarianceTest, SeveralLanes) {
  ExpectSame(Shipped(), MixedPrompts(), Options(2, 8, 200, 2));
  ExpectSame(Shipped(), {RandomPrompt(700, 9)}, Options(3, 1, 700, 3));
}

TEST_P(InvarianceTest, SharedPrefixes) {
  // Ends of the prefix on and off the blocks of keys.
  for (size_t shared : {64, 100, 128}) {
    const std::vector<Prompt> prompts = PromptsWithPrefix(shared);
    ExpectSame(Shipped(), prompts, Options(2, prompts.size(), 300, 1));
    ExpectSame(Shipped(), prompts, Options(2, prompts.size(), 300, 2));
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

TEST_P(InvarianceTest, ChosenColumnsAreThoseOfWholeRows) {
  LocalPrefill prefill(ShippedModelDir(), GetParam(), Options(2, 8, 200, 1));
  const std::vector<PromptLogits> all = prefill.Run(MixedPrompts());
  std::vector<std::vector<size_t>> positions(MixedPrompts().size());
  positions[1] = {0, 77, 129};
  positions[6] = {1};
  const std::vector<size_t> columns = {3, 255, 256, 1700, 2047};
  const std::vector<PromptLogits> some =
      prefill.Run(MixedPrompts(), {.positions = &positions, .columns = columns});
  for (size_t i = 0; i < all.size(); ++i) {
    std::vector<int> chosen(all[i].deliveries.size(), 0);
    for (const size_t position : positions[i]) {
      chosen[position] = 1;
      for (const size_t column : columns) {
        EXPECT_EQ(Bits(some[i].row(position)[column]), Bits(all[i].row(position)[column]));
      }
    }
    EXPECT_EQ(some[i].deliveries, chosen);
  }
}

// lm_head of the shipped model has eight blocks of columns; no other than those asked for is
// multiplied.
TEST_P(InvarianceTest, OtherColumnsAreNotComputed) {
  const auto checkpoint = Checkpoint::Open(ShippedModelDir());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ThreadPool pool(2);
  const auto linear = MakeLocalLinear(*checkpoint, {.precision = GetParam()}, pool);
  ASSERT_TRUE(linear.ok()) << linear.status();
  constexpr size_t kRows = 3;
  Matrix<float> x(kRows, checkpoint->config().hidden_size), y(kRows, kVocab);
  std::fill_n(x.view().data(), x.view().size(), 0.5f);
  std::fill_n(y.view().data(), kRows * kVocab, std::numeric_limits<float>::quiet_NaN());
  const AlignedArray<uint8_t> workspace =
      MakeAlignedArray<uint8_t>((*linear)->WorkspaceBytes(kRows, pool.threads()));
  const LinearInput input{
      .x = x.view(),
      .workspace = {workspace.get(), (*linear)->WorkspaceBytes(kRows, pool.threads())}};
  const std::vector<size_t> columns = {256, 511, 2000};
  ASSERT_TRUE(
      (*linear)->ApplyColumns({LinearKind::kLmHead, 0}, input, columns, y.view(), pool).ok());
  for (size_t i = 0; i < kVocab; ++i) {
    const size_t block = i / 256;
    for (size_t row = 0; row < kRows; ++row) {
      EXPECT_EQ(std::isnan(y.view()(row, i)), block != 1 && block != 7) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, InvarianceTest,
                         testing::Values(Precision::kF32, Precision::kBf16, Precision::kInt8,
                                         Precision::kFixed),
                         [](const auto& info) { return std::string(PrecisionName(info.param)); });

// Families whose layers see windows of 7, 64 and 65 positions.
class FamilyInvarianceTest : public testing::TestWithParam<FamilyConfig> {
 protected:
  const TempDir dir_;
  const Subject subject_{WriteFamilyModel(GetParam(), dir_), Precision::kF32};
};

TEST_P(FamilyInvarianceTest, LengthsAboutTheWindow) {
  std::vector<Prompt> prompts;
  for (size_t length : {1, 6, 7, 8, 63, 64, 65, 66, 128, 129, 200}) {
    prompts.push_back(RandomPrompt(length, static_cast<uint32_t>(length)));
  }
  ExpectSame(subject_, prompts, Options(2, prompts.size(), 200, 1));
  ExpectSame(subject_, prompts, Options(2, prompts.size(), 210, 2), {.pad_compute = true});
}

// A prompt's last row is the same with nothing behind it: blocks of 512 tokens cut windows.
TEST_P(FamilyInvarianceTest, WindowsAcrossTokenBlocks) {
  const Prompt whole = RandomPrompt(700, 9);
  LocalPrefill prefill(subject_.model_dir, subject_.precision, Options(1, 1, 700, 1));
  const PromptLogits all = prefill.Run({whole})[0];
  for (size_t length : {500, 512, 513, 520, 577, 640}) {
    const PromptLogits part = prefill.Run({Prompt(whole.begin(), whole.begin() + length)})[0];
    EXPECT_EQ(std::memcmp(part.row(length - 1), all.row(length - 1), kVocab * sizeof(float)), 0)
        << length;
  }
  ExpectSame(subject_, {whole, RandomPrompt(300, 4)}, Options(3, 2, 700, 3));
}

TEST_P(FamilyInvarianceTest, SharedPrefixes) {
  for (size_t shared : {64, 100, 128}) {
    const std::vector<Prompt> prompts = PromptsWithPrefix(shared);
    ExpectSame(subject_, prompts, Options(2, prompts.size(), 300, 2));
  }
}

INSTANTIATE_TEST_SUITE_P(Families, FamilyInvarianceTest, testing::ValuesIn(FamilyConfigs()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace sotto
