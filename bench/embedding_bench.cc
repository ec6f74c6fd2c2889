// The oblivious embedding lookup on a table of Llama-3.2-1B's shape (128256 x 2048, bf16), for the
// rows of one prompt: to compare with lm_head on the same rows.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/thread_pool.h"
#include "kernels/oblivious_select.h"

namespace sotto {
namespace {

constexpr size_t kVocabulary = 128256, kWords = 2048;
constexpr size_t kBlocks = kVocabulary / kSelectRows, kPanels = kWords / kSelectPanelWords;

void BM_ObliviousSelect(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  Matrix<uint16_t> table(kPanels * kBlocks, kSelectPanelWords * kSelectRows), out(kWords, count);
  for (size_t i = 0; i < table.view().size(); ++i) {
    table.view().data()[i] = static_cast<uint16_t>(i * 2654435761u >> 16);
  }
  std::vector<int32_t> ids(count);
  for (size_t t = 0; t < count; ++t) ids[t] = static_cast<int32_t>(t * 7919 % kVocabulary);
  ThreadPool pool(static_cast<int>(state.range(1)));
  for (auto _ : state) {
    pool.ParallelFor(kPanels, [&](size_t panel, int) {
      ObliviousSelect(ids, table.view().Rows(panel * kBlocks, kBlocks),
                      out.view().Rows(panel * kSelectPanelWords, kSelectPanelWords));
    });
  }
  state.counters["us_per_token"] = benchmark::Counter(
      static_cast<double>(count) * 1e-6,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_ObliviousSelect)
    ->ArgNames({"rows", "threads"})
    ->Args({512, 2})
    ->Args({128, 2})
    ->Args({512, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace sotto
