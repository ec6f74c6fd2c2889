// 32 continuations of 16 tokens behind one context of 480: each alone, and all in one call, which
// computes the context once. Seconds for all 32, lm_head for the scored positions included.
#include <benchmark/benchmark.h>

#include <utility>
#include <vector>

#include "base/check.h"
#include "base/thread_pool.h"
#include "model/random_model.h"
#include "sotto/prefill.h"
#include "testing/small_config.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

constexpr size_t kContext = 480, kContinuation = 16, kContinuations = 32;

// Of a width and vocabulary between the shipped model's and a 1B's: 8 layers of 1024, 32000 tokens.
Model MiddleModel(const TempDir& dir) {
  ThreadPool pool(2);
  RandomModelOptions options{.config = SmallConfig()};
  ModelSpec& config = options.config;
  config.hidden_size = 1024;
  config.layers.assign(8,
                       {.attention = AttentionOf(16, 4, 64), .mlp = {.intermediate_size = 2816}});
  config.vocab_size = 32000;
  config.max_position_embeddings = 1024;
  SOTTO_CHECK(WriteRandomModel(options, dir.File("model"), pool).ok());
  absl::StatusOr<Model> model = Model::Open(dir.File("model"));
  SOTTO_CHECK(model.ok());
  return *std::move(model);
}

std::vector<TokenIds> Prompts() {
  std::vector<TokenIds> prompts(kContinuations);
  for (size_t i = 0; i < kContinuations; ++i) {
    for (size_t t = 0; t < kContext + kContinuation; ++t) {
      const size_t id = t < kContext ? t * 7919 : t * 7919 + i * 104729;
      prompts[i].push_back(static_cast<int32_t>(id % 2000));
    }
  }
  return prompts;
}

void Score(Prefill& prefill, TokenPrompts prompts) {
  ScoreOptions options;
  options.first_tokens.assign(prompts.size(), kContext);
  const auto scores = prefill.Score(prompts, options);
  SOTTO_CHECK(scores.ok());
}

void Run(benchmark::State& state, const Model& model) {
  const bool together = state.range(0) != 0;
  auto prefill = Prefill::Create(model, {.prefill_length = kContext + kContinuation,
                                         .batch_size = together ? kContinuations : 1,
                                         .precision = Precision::kF32});
  SOTTO_CHECK(prefill.ok());
  const std::vector<TokenIds> prompts = Prompts();
  for (auto _ : state) {
    if (together) {
      Score(*prefill, prompts);
    } else {
      for (const TokenIds& prompt : prompts) Score(*prefill, {&prompt, 1});
    }
  }
}

void BM_ShippedModel(benchmark::State& state) { Run(state, *Model::Open(ShippedModelDir())); }
BENCHMARK(BM_ShippedModel)
    ->ArgName("together")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_MiddleModel(benchmark::State& state) {
  const TempDir dir;
  Run(state, MiddleModel(dir));
}
BENCHMARK(BM_MiddleModel)
    ->ArgName("together")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace sotto
