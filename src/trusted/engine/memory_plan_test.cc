#include "trusted/engine/memory_plan.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "model/config_presets.h"
#include "testing/local_prefill.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

EngineOptions PlanOptions(size_t batch_size, size_t prefill_length, int lanes) {
  EngineOptions options;
  options.threads = 2;
  options.batch_size = batch_size;
  options.prefill_length = prefill_length;
  options.lanes = lanes;
  return options;
}

size_t PlannedArena(const ModelSpec& config, const WeightForms& forms, Precision precision,
                    const EngineOptions& options) {
  const LocalLinearMemory linear =
      PlanLocalLinear(config, precision, forms, TokenBlockRows(options), ThreadsPerLane(options));
  return PlanMemory(config, AttentionPlanFor(config, AttentionPrecisionFor(precision)),
                    linear.workspace_bytes, options)
      .total_bytes();
}

TEST(MemoryPlanTest, ThePlanIsWhatTheEngineTakes) {
  const auto checkpoint = Checkpoint::Open(ShippedModelDir());
  for (Precision precision :
       {Precision::kF32, Precision::kBf16, Precision::kInt8, Precision::kFixed}) {
    for (const EngineOptions& options :
         {PlanOptions(1, 1, 1), PlanOptions(3, 100, 1), PlanOptions(2, 700, 2)}) {
      LocalPrefill prefill(ShippedModelDir(), precision, options);
      EXPECT_EQ(prefill.engine().arena_bytes(),
                PlannedArena(prefill.config(), WeightFormsOf(*checkpoint, precision), precision,
                             options));
    }
  }
}

TEST(MemoryPlanTest, LongPromptsTakeLittle) {
  const ModelSpec config = *ConfigLike("llama-3.2-1b");
  const WeightForms forms(AllLinearLayers(config).size(), GemmOperands::kBf16);
  EXPECT_LT(PlannedArena(config, forms, Precision::kBf16, PlanOptions(1, 32768, 1)), 600'000'000u);
}

TEST(MemoryPlanTest, WhatDoesNotFitIsRefused) {
  const auto checkpoint = Checkpoint::Open(ShippedModelDir());
  ThreadPool pool(1);
  auto linear =
      MakeLocalLinear(*checkpoint, {.precision = Precision::kInt8, .weight_cache_dir = {}}, pool);
  const auto engine =
      Engine::Create(*checkpoint, *std::move(linear), PlanOptions(250'000, 1024, 1));
  EXPECT_EQ(engine.status().code(), absl::StatusCode::kFailedPrecondition);
}

// Sizes that are multiplied by such numbers of positions would wrap, and the arena be too small.
TEST(MemoryPlanTest, ABatchWhoseSizesWouldWrapIsRefused) {
  EXPECT_TRUE(CheckBatchShape(1, kMaxBatchPositions).ok());
  EXPECT_TRUE(CheckBatchShape(kMaxBatchPositions / 16, 16).ok());
  for (const size_t batch_size :
       {kMaxBatchPositions / 16 + 1, size_t{1} << 52, size_t{1} << 60, SIZE_MAX}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckBatchShape(batch_size, 16))) << batch_size;
  }
}

// The largest that a config may describe, in the largest batch.
TEST(MemoryPlanTest, NoSizeOfTheGreatestModelWraps) {
  ModelSpec config = *ConfigLike("llama-3.2-1b");
  config.hidden_size = 1 << 18;
  for (LayerSpec& layer : config.layers) {
    layer.mlp.intermediate_size = 1 << 20;
    layer.attention = AttentionOf(1 << 12, 1 << 12, 1 << 12);
  }
  config.vocab_size = 1 << 24;
  for (const size_t length : {size_t{1}, size_t{1} << 27}) {
    const EngineOptions options = PlanOptions(kMaxBatchPositions / length, length, 2);
    const MemoryPlan plan = PlanMemory(config, AttentionPlanFor(config, AttentionPrecision::kF32),
                                       size_t{1} << 40, options);
    EXPECT_GE(plan.kv_bytes, 2.0 * kMaxBatchPositions * (1 << 24) * sizeof(float));
    EXPECT_GE(plan.total_bytes(), plan.kv_buffers * plan.kv_bytes + plan.residual_bytes);
  }
}

}  // namespace
}  // namespace sotto
