#include "trusted/api/memory_needed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/thread_pool.h"
#include "model/sealed_model.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::HasSubstr;

class MemoryNeededTest : public testing::Test {
 protected:
  const Checkpoint checkpoint_ = *Checkpoint::Open(ShippedModelDir());
};

TEST_F(MemoryNeededTest, ForetellsTheEnginesArena) {
  for (const Precision precision : {Precision::kF32, Precision::kBf16}) {
    for (const size_t batch_size : {1, 3}) {
      const EngineOptions options{.threads = 2, .batch_size = batch_size, .prefill_length = 65};
      ThreadPool pool(options.threads);
      auto linear = MakeLocalLinear(checkpoint_, {.precision = precision}, pool);
      ASSERT_TRUE(linear.ok());
      const auto engine = Engine::Create(checkpoint_, *std::move(linear), options);
      ASSERT_TRUE(engine.ok());
      EXPECT_EQ(PlanLocalRun(checkpoint_, {.precision = precision}, options).arena_bytes,
                (*engine)->arena_bytes());
    }
  }
}

TEST_F(MemoryNeededTest, IsSaidPartByPart) {
  const MemoryNeeded local{.weight_bytes = 2'000'000'000,
                           .packing_bytes = 300'000'000,
                           .arena_bytes = 100'000'000,
                           .lookup_bytes = 5'000'000,
                           .reserve_bytes = 70'000'000};
  EXPECT_EQ(DescribeMemoryNeeded(local),
            "needs 2.4 GB: weights 2.0 GB, arena 100 MB, oblivious lookup 5 MB (less than the 300 "
            "MB of packing weights), threads and reserve 70 MB");
  SplitSetup setup;
  setup.protection = Protection::kPads;
  setup.pads.store.memory_bytes = 1'000'000'000;
  const MemoryNeeded pads = PlanSplitRun(checkpoint_, setup, 10'000'000, 2);
  EXPECT_GE(pads.weight_bytes, checkpoint_.parameter_count());
  EXPECT_THAT(DescribeMemoryNeeded(pads), HasSubstr(", pads up to 1.0 GB, "));
  setup.protection = Protection::kShares;
  EXPECT_EQ(PlanSplitRun(checkpoint_, setup, 10'000'000, 2).pad_bytes, 0u);
}

TEST_F(MemoryNeededTest, WeightsShrinkWithThePrecision) {
  const EngineOptions options;
  const auto weights = [&](Precision precision) {
    return PlanLocalRun(checkpoint_, {.precision = precision}, options).weight_bytes;
  };
  EXPECT_EQ(weights(Precision::kF32), weights(Precision::kBf16));  // The checkpoint is in BF16.
  EXPECT_GT(weights(Precision::kBf16), weights(Precision::kInt8));
  EXPECT_GE(weights(Precision::kInt8), checkpoint_.parameter_count());
}

TEST_F(MemoryNeededTest, HiddenStatesNeedNoLmHead) {
  for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
    const auto weights = [&](bool lm_head) {
      return PlanLocalRun(checkpoint_, {.precision = precision, .lm_head = lm_head}, {})
          .weight_bytes;
    };
    const ModelSpec& config = checkpoint_.config();
    EXPECT_GE(weights(true), weights(false) + config.vocab_size * config.hidden_size);
  }
}

TEST_F(MemoryNeededTest, CountsWhatEachThreadPacksWith) {
  const auto packing = [&](int threads) {
    return PlanLocalRun(checkpoint_, {}, {.threads = threads}).packing_bytes;
  };
  EXPECT_GT(packing(1), 0u);
  EXPECT_EQ(packing(4), 4 * packing(1));
}

TEST_F(MemoryNeededTest, CountsASealedModelThatStaysInMemory) {
  EXPECT_EQ(PlanLocalRun(checkpoint_, {}, {}).model_bytes, 0u);
  const TempDir dir;
  ThreadPool pool(1);
  ASSERT_TRUE(SealModel(ShippedModelDir(), dir.File("m.sotto"), {}, pool).ok());
  const auto sealed = OpenModel(dir.File("m.sotto"), {}, pool);
  ASSERT_TRUE(sealed.ok());
  // The shipped model is bf16.
  EXPECT_EQ(PlanLocalRun(*sealed, {}, {}).model_bytes, 2 * checkpoint_.parameter_count());
}

TEST_F(MemoryNeededTest, ScoresThatWaitMustFit) {
  EXPECT_TRUE(CheckScoresFit(1000, {}).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckScoresFit(size_t{1} << 50, {.top_k = 0})));
}

TEST_F(MemoryNeededTest, ABatchThatDoesNotFitIsTheOneToMakeSmaller) {
  const auto refusal = [&](const EngineOptions& engine) {
    const absl::Status status = CheckLocalRunFits(checkpoint_, {}, engine);
    EXPECT_TRUE(absl::IsFailedPrecondition(status));
    return std::string(status.message());
  };
  const std::string hint = "a smaller batch needs less";
  EXPECT_THAT(refusal({.batch_size = size_t{1} << 18, .prefill_length = 1024}), HasSubstr(hint));
  EXPECT_THAT(refusal({.batch_size = 1, .prefill_length = size_t{1} << 28}),
              testing::Not(HasSubstr(hint)));
}

TEST_F(MemoryNeededTest, RefusesWithTheFigureWhatNoMachineHolds) {
  const EngineOptions options{.batch_size = size_t{1} << 18, .prefill_length = 1024};
  const absl::Status status = CheckLocalRunFits(checkpoint_, {}, options);
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("precision f32 with batches of 262144 x 1024 needs "));
  EXPECT_TRUE(CheckLocalRunFits(checkpoint_, {}, {}).ok());
}

}  // namespace
}  // namespace sotto
