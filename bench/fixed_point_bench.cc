// The rows of the fixed-point and int8 formats around their integer products, on one thread, at the
// row lengths of Llama-3.2-1B. Nanoseconds an element is 1e9 / items_per_second.
#include <benchmark/benchmark.h>

#include <vector>

#include "bench/row_bench.h"
#include "kernels/fixed_point.h"
#include "kernels/int8_scale.h"

namespace sotto {
namespace {

// A row on its way through the format, in cache as it is between two products.
struct FixedRow {
  explicit FixedRow(size_t n)
      : x(n), y(n), scales(n, 1e-3f), xq(n), low_sums(n), weight_sums(n, 17), high(n), low(n) {
    for (size_t i = 0; i < n; ++i) x[i] = 0.01f * static_cast<float>((i * 7919) % 1001) - 5.0f;
    QuantizeFixedRow(x.data(), n, 32767, xq.data());
  }
  std::vector<float> x, y, scales;
  std::vector<int32_t> xq, low_sums, weight_sums;
  std::vector<uint8_t> high, low;
};

template <typename F>
void Run(benchmark::State& state, F f) {
  RunRow<FixedRow>(state, f);
}

void Quantize(benchmark::State& s) {
  Run(s, [](FixedRow& r, size_t n) {
    benchmark::DoNotOptimize(QuantizeFixedRow(r.x.data(), n, 32767, r.xq.data()));
  });
}
BENCHMARK(Quantize)->Arg(2048)->Arg(8192);
void Split(benchmark::State& s) {
  Run(s, [](FixedRow& r, size_t n) { SplitFixedRow(r.xq.data(), n, r.high.data(), r.low.data()); });
}
BENCHMARK(Split)->Arg(2048)->Arg(8192);
void Combine(benchmark::State& s) {
  Run(s, [](FixedRow& r, size_t n) {
    CombineFixedPlanes(r.xq.data(), r.low_sums.data(), r.weight_sums.data(), n, r.low_sums.data());
  });
}
BENCHMARK(Combine)->Arg(2048)->Arg(16384);
void Scale(benchmark::State& s) {
  Run(s, [](FixedRow& r, size_t n) {
    ScaleFixedRow(r.xq.data(), n, 1e-3f, r.scales.data(), nullptr, r.y.data());
  });
}
BENCHMARK(Scale)->Arg(2048)->Arg(16384);
void ScaleInt8(benchmark::State& s) {
  Run(s, [](FixedRow& r, size_t n) {
    ScaleInt8Row(r.xq.data(), r.weight_sums.data(), n, 1e-3f, r.scales.data(), nullptr, r.y.data());
  });
}
BENCHMARK(ScaleInt8)->Arg(2048)->Arg(16384);
void ScaleAddInt8(benchmark::State& s) {
  Run(s, [](FixedRow& r, size_t n) {
    ScaleAddInt8Row(r.xq.data(), r.weight_sums.data(), n, 1e-6f, r.scales.data(), nullptr,
                    r.y.data());
  });
}
BENCHMARK(ScaleAddInt8)->Arg(2048);

}  // namespace
}  // namespace sotto
