#include "enclave/prefill/cost_model.h"

#include <gtest/gtest.h>

#include "testing/local_prefill.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

LlamaConfig SmallConfig() {
  LlamaConfig config;
  config.hidden_size = 8;
  config.intermediate_size = 10;
  config.num_layers = 3;
  config.num_heads = 2;
  config.num_kv_heads = 1;
  config.head_dim = 4;
  config.vocab_size = 50;
  config.max_position_embeddings = 1000;
  return config;
}

EngineOptions Options() {
  EngineOptions options;
  options.batch_size = 2;
  options.prefill_length = 20;
  return options;
}

// qkv 8 x 16, out 8 x 8, gate/up 8 x 20, down 10 x 8: 432 weights a layer; lm_head 400.
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

TEST(CostModelTest, RecoversTheRatesOfItsObservations) {
  const BatchWork small{1e9, 0, 1e8}, large{2e10, 1e8, 1e8}, other{5e10, 1e9, 2e8};
  const auto seconds = [](const BatchWork& work) {
    return (work.linear_operations + work.attention_operations / CostModel::kAttentionShare) /
               1e11 +
           work.streamed_weights / 1e10;
  };
  CostModel model(small, seconds(small), large, seconds(large));
  EXPECT_NEAR(model.PredictSeconds(other), seconds(other), 1e-9);
  // A machine that became three times slower is believed by halves.
  model.Observe(other, 3 * seconds(other));
  EXPECT_NEAR(model.PredictSeconds(other), 2 * seconds(other), 1e-9);
}

TEST(CostModelTest, EqualBatchesStillGiveAPrediction) {
  const BatchWork work{1e9, 0, 1e8};
  EXPECT_NEAR(CostModel(work, 0.5, work, 0.5).PredictSeconds(work), 0.5, 1e-9);
}

TEST(CostModelTest, CalibratesOnAnEngine) {
  LocalPrefill prefill(ShippedModelDir(), Precision::kF32, Options());
  const auto model = CostModel::Calibrate(prefill.config(), Options(), prefill.engine());
  ASSERT_TRUE(model.ok());
  const std::vector<Prompt> prompts = {Prompt(20, 1)};
  EXPECT_GT(model->PredictSeconds(WorkOf(prefill.config(), Options(), prompts, {})), 0);
}

}  // namespace
}  // namespace sotto
