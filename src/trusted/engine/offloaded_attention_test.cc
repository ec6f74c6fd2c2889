// Attention with its products elsewhere gives the logits of the fused kernels: whatever the length,
// the batch, shared prefixes, lanes, and however little one product may hold.
#include <gtest/gtest.h>

#include <random>

#include "testing/family_configs.h"
#include "testing/local_prefill.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

constexpr size_t kGroup = 3;  // Query heads of a KV head in the shipped model.

// In double, rounded once. Fails from the `fail_after`-th product on.
class PlainProducts final : public MatrixProducts {
 public:
  explicit PlainProducts(size_t max_bytes, int fail_after = -1)
      : max_bytes_(max_bytes), products_left_(fail_after) {}

  size_t max_bytes() const override { return max_bytes_; }
  absl::Status Multiply(size_t batch, ConstMatrixView<float> left, ConstMatrixView<float> right,
                        MatrixView<float> y) override {
    if (products_left_ >= 0 && products_left_-- == 0) return absl::UnavailableError("gone");
    const size_t m = left.rows() / batch, n = right.rows() / batch;
    EXPECT_EQ(y.rows(), left.rows());
    EXPECT_EQ(y.cols(), n);
    const size_t bytes = (left.size() + right.size() + y.size()) * sizeof(float);
    EXPECT_TRUE(bytes <= max_bytes_ || m == kGroup) << "more than one position at once";
    for (size_t row = 0; row < batch * m; ++row) {
      for (size_t j = 0; j < n; ++j) {
        const float* const other = right.row(row / m * n + j);
        double sum = 0;
        for (size_t i = 0; i < left.cols(); ++i) sum += double{left(row, i)} * other[i];
        y(row, j) = static_cast<float>(sum);
      }
    }
    return absl::OkStatus();
  }

 private:
  const size_t max_bytes_;
  int products_left_;
};

Prompt RandomPrompt(size_t length, uint32_t seed) {
  std::mt19937 rng(seed);
  Prompt prompt(length);
  for (int32_t& id : prompt) id = static_cast<int32_t>(rng() % 2048);
  return prompt;
}

void ExpectCloseToFused(const std::vector<Prompt>& prompts, size_t max_bytes, int lanes,
                        const RunOptions& run = {},
                        const std::string& model_dir = ShippedModelDir()) {
  const EngineOptions options{
      .threads = 2, .batch_size = prompts.size(), .prefill_length = 210, .lanes = lanes};
  LocalPrefill fused(model_dir, Precision::kF32, options);
  LocalPrefill apart(model_dir, Precision::kF32, options,
                     std::make_unique<PlainProducts>(max_bytes));
  const std::vector<PromptLogits> want = fused.Run(prompts, run), got = apart.Run(prompts, run);
  for (size_t p = 0; p < prompts.size(); ++p) {
    for (size_t i = 0; i < want[p].values.size(); ++i) {
      // f32 both ways, sums in another order: as the split mode against the local one, 1e-3 for
      // logits of magnitude 10 after four blocks.
      ASSERT_NEAR(got[p].values[i], want[p].values[i], 1e-3) << p << " " << i;
    }
  }
}

TEST(OffloadedAttentionTest, LengthsAroundBlocksOfKeys) {
  ExpectCloseToFused({RandomPrompt(1, 1), RandomPrompt(63, 2), RandomPrompt(64, 3),
                      RandomPrompt(65, 4), RandomPrompt(130, 5)},
                     size_t{1} << 30, 1);
}

TEST(OffloadedAttentionTest, FamiliesWithWindows) {
  const TempDir dir;
  for (const FamilyConfig& family : FamilyConfigs()) {
    SCOPED_TRACE(family.name);
    ExpectCloseToFused(
        {RandomPrompt(1, 1), RandomPrompt(65, 2), RandomPrompt(66, 3), RandomPrompt(200, 4)},
        size_t{1} << 30, 2, {}, WriteFamilyModel(family, dir));
  }
}

TEST(OffloadedAttentionTest, SharedPrefixes) {
  const Prompt common = RandomPrompt(100, 1);
  std::vector<Prompt> prompts(3, common);
  for (int32_t tail = 0; tail < 3; ++tail) prompts[tail].insert(prompts[tail].end(), {tail, 7, 9});
  ExpectCloseToFused(prompts, size_t{1} << 30, 1);
}

TEST(OffloadedAttentionTest, SeveralLanesAndPadding) {
  ExpectCloseToFused({RandomPrompt(200, 1), RandomPrompt(150, 2)}, size_t{1} << 30, 2,
                     {.pad_compute = true});
}

TEST(OffloadedAttentionTest, AWindowThatHoldsFewRows) {
  ExpectCloseToFused({RandomPrompt(90, 1)}, 100'000, 1);
}

TEST(OffloadedAttentionTest, AWindowThatHoldsLessThanARow) {
  ExpectCloseToFused({RandomPrompt(20, 1)}, 100, 1);
}

TEST(OffloadedAttentionTest, AFailedProductFailsTheRun) {
  const auto checkpoint = Checkpoint::Open(ShippedModelDir());
  ThreadPool pool(1);
  EngineParts parts{.linear = *MakeLocalLinear(*checkpoint, {Precision::kF32}, pool),
                    .attention = std::make_unique<PlainProducts>(size_t{1} << 30, 3)};
  const auto engine =
      Engine::Create(*checkpoint, std::move(parts), {.prefill_length = 40, .lanes = 2});
  const absl::Status status = (*engine)->Run(std::vector<Prompt>{RandomPrompt(40, 1)}, {},
                                             [](size_t, size_t, ConstMatrixView<float>) {});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sotto
