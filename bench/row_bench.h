// How the row kernels are timed: one row that stays in cache, as it does between two products.
// Nanoseconds an element is 1e9 / items_per_second.
#ifndef SOTTO_BENCH_ROW_BENCH_H_
#define SOTTO_BENCH_ROW_BENCH_H_

#include <benchmark/benchmark.h>

#include <cstddef>

namespace sotto {

// f(row, n) again and again, with a Row of n = state.range(0) elements.
template <typename Row, typename F>
void RunRow(benchmark::State& state, F f) {
  const size_t n = static_cast<size_t>(state.range(0));
  Row row(n);
  for (auto _ : state) {
    f(row, n);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace sotto

#endif  // SOTTO_BENCH_ROW_BENCH_H_
