#include "trusted/engine/cost_model.h"

#include <gtest/gtest.h>

#include "testing/local_prefill.h"
#include "testing/small_config.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

EngineOptions Options() {
  EngineOptions options;
  options.batch_size = 2;
  options.prefill_length = 20;
  return options;
}

TEST(BatchWorkTest, CountsOperations) {
  const std::vector<std::vector<int32_t>> prompts = {Prompt(5, 0), Prompt(3, 1)};
  RunOptions run;
  const BatchWork all = WorkOf(SmallConfig(), Options(), prompts, run);
  EXPECT_EQ(all.linear_operations, 2 * 8 * (3 * 432 + 400));
  EXPECT_EQ(all.attention_operations, 4 * (15 + 6) * 8 * 3);
  EXPECT_EQ(all.streamed_weights, 3 * 432 + 400);
  run.logits = LogitsMode::kLast;
  EXPECT_EQ(WorkOf(SmallConfig(), Options(), prompts, run).linear_operations,
            2 * (8 * 3 * 432 + 2 * 400));
  run.pad_compute = true;
  EXPECT_EQ(WorkOf(SmallConfig(), Options(), prompts, run).linear_operations,
            2 * (40 * 3 * 432 + 2 * 400));
}

TEST(BatchWorkTest, WindowsHideKeys) {
  ModelSpec config = SmallConfig();
  config.layers[1].attention.window = 2;
  config.layers[2].attention.window = 5;
  const std::vector<std::vector<int32_t>> prompts = {Prompt(5, 0), Prompt(3, 1)};
  // 1 + 2 + 3 + 4 + 5 and 1 + 2 + 3; with two keys 1 + 2 + 2 + 2 + 2 and 1 + 2 + 2.
  EXPECT_EQ(WorkOf(config, Options(), prompts, {}).attention_operations,
            4 * ((15 + 6) + (9 + 5) + (15 + 6)) * 8);
  // Behind a prefix of 70 positions that two prompts share.
  std::vector<std::vector<int32_t>> shared(2, Prompt(72, 0));
  shared[1][70] = 1;
  const double behind = 71 + 72, two = 1 + 2 * 69, five = 15 + 5 * 65;
  EXPECT_EQ(WorkOf(config, Options(), shared, {}).attention_operations,
            4 * (35.0 * 71 + two + five + 2 * (behind + 2 + 2 + 5 + 5)) * 8);
}

TEST(CostModelTest, RecoversTheRatesOfItsObservations) {
  const BatchWork small{1e9, 0, 1e8}, large{2e10, 1e8, 1e8}, other{5e10, 1e9, 2e8};
  const auto seconds = [](const BatchWork& work) {
    return (work.linear_operations + work.attention_operations / CostModel::kAttentionShare) /
               1e11 +
           work.streamed_weights / 1e10;
  };
  CostModel model(small, seconds(small), large, seconds(large));
  EXPECT_NEAR(*model.PredictSeconds(other), seconds(other), 1e-9);
  // A machine that became three times slower is believed by halves.
  model.Observe(other, 3 * seconds(other));
  EXPECT_NEAR(*model.PredictSeconds(other), 2 * seconds(other), 1e-9);
}

TEST(CostModelTest, KnowsNothingUntilItHasSeenABatch) {
  const BatchWork work{1e9, 1e7, 1e8}, twice = work + work;
  CostModel model;
  EXPECT_FALSE(model.PredictSeconds(work).has_value());
  model.Observe(work, 0.5);
  EXPECT_NEAR(*model.PredictSeconds(work), 0.5, 1e-9);
  EXPECT_NEAR(*model.PredictSeconds(twice), 1, 1e-9);
}

TEST(CostModelTest, EqualBatchesStillGiveAPrediction) {
  const BatchWork work{1e9, 0, 1e8};
  EXPECT_NEAR(*CostModel(work, 0.5, work, 0.5).PredictSeconds(work), 0.5, 1e-9);
}

// The shipped model's calibration is next to nothing; that of a model of 10^9 weights is not.
TEST(CostModelTest, CalibratesWhereItPays) {
  ModelSpec config = SmallConfig();
  const EngineOptions options{.batch_size = 1, .prefill_length = 256};
  const std::vector<Prompt> prompts = {Prompt(256, 1)};
  const auto pays = [&](size_t batches) {
    return CalibrationPays(config, options, {},
                           std::vector(batches, WorkOf(config, options, prompts, {})));
  };
  EXPECT_TRUE(pays(1));
  config.hidden_size = 2048;
  config.layers.resize(16, config.layers[0]);
  for (LayerSpec& layer : config.layers) layer.mlp.intermediate_size = 8192;
  EXPECT_FALSE(pays(1));
  EXPECT_FALSE(pays(30));
  EXPECT_TRUE(pays(100));
}

TEST(CostModelTest, CalibratesOnAnEngine) {
  LocalPrefill prefill(ShippedModelDir(), Precision::kF32, Options());
  size_t positions = 0;
  const auto model = CostModel::Calibrate(
      prefill.config(), Options(), LogitsMode::kAll, prefill.engine(),
      [&](size_t, size_t, ConstMatrixView<float> logits) { positions += logits.rows(); });
  ASSERT_TRUE(model.ok());
  EXPECT_GE(positions, 2 * 16 + 2 * 20);
  const std::vector<Prompt> prompts = {Prompt(20, 1)};
  EXPECT_GT(*model->PredictSeconds(WorkOf(prefill.config(), Options(), prompts, {})), 0);
}

}  // namespace
}  // namespace sotto
