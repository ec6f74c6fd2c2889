// The row kernels on one thread, at the row lengths of Llama-3.2-1B. Counter: nanoseconds an
// element is 1e9 / items_per_second.
#include <benchmark/benchmark.h>

#include <vector>

#include "bench/row_bench.h"
#include "kernels/elementwise.h"
#include "kernels/rope.h"

namespace sotto {
namespace {

// A row that stays in cache, as it does between two products.
struct RowData {
  explicit RowData(size_t n) : x(n), w(n, 1.0f), y(n), b(n), q(n) {
    for (size_t i = 0; i < n; ++i) x[i] = 0.01f * static_cast<float>((i * 7919) % 1001) - 5.0f;
  }
  std::vector<float> x, w, y;
  std::vector<BFloat16> b;
  std::vector<uint8_t> q;
};

template <typename F>
void Run(benchmark::State& state, F f) {
  RunRow<RowData>(state, f);
}

void Norm(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) { RmsNormRow(r.x.data(), r.w.data(), n, 1e-5f, r.y.data()); });
}
BENCHMARK(Norm)->Arg(2048);
void NormBf16(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) { RmsNormRow(r.x.data(), r.w.data(), n, 1e-5f, r.b.data()); });
}
BENCHMARK(NormBf16)->Arg(2048);
void NormInt8(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) {
    benchmark::DoNotOptimize(RmsNormQuantizeInt8Row(r.x.data(), r.w.data(), n, 1e-5f, r.q.data()));
  });
}
BENCHMARK(NormInt8)->Arg(2048);
void Int8(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) {
    benchmark::DoNotOptimize(QuantizeInt8Row(r.x.data(), n, r.q.data()));
  });
}
BENCHMARK(Int8)->Arg(8192);
void Convert(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) { ConvertRow(r.x.data(), n, r.b.data()); });
}
BENCHMARK(Convert)->Arg(8192);
void SwiGlu(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) { SwiGluRow(r.x.data(), r.w.data(), n, r.y.data()); });
}
BENCHMARK(SwiGlu)->Arg(8192);
void SwiGluBf16(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) { SwiGluRow(r.x.data(), r.w.data(), n, r.b.data()); });
}
BENCHMARK(SwiGluBf16)->Arg(8192);
void Add(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) { AddRow(r.x.data(), n, r.y.data()); });
}
BENCHMARK(Add)->Arg(2048);
void LogSumExp(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) { benchmark::DoNotOptimize(LogSumExpRow(r.x.data(), n)); });
}
BENCHMARK(LogSumExp)->Arg(128256);
void ArgMax(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) { benchmark::DoNotOptimize(ArgMaxRow(r.x.data(), n)); });
}
BENCHMARK(ArgMax)->Arg(128256);
void MaxMagnitude(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) { benchmark::DoNotOptimize(MaxMagnitudeRow(r.x.data(), n)); });
}
BENCHMARK(MaxMagnitude)->Arg(2048);
void Exp(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) { ExpRow(r.x.data(), n, r.y.data()); });
}
BENCHMARK(Exp)->Arg(2048);
// One head of 64 or 128.
void Rotate(benchmark::State& s) {
  Run(s, [](RowData& r, size_t n) {
    RotateHead(r.x.data(), r.w.data(), r.w.data() + n / 2, n / 2, r.y.data());
  });
}
BENCHMARK(Rotate)->Arg(64)->Arg(128);

}  // namespace
}  // namespace sotto
