// Causal attention of one sequence on one thread, Llama-3.2-1B's heads. Counter: operations a
// second, two for each multiply-add of Q K^T and P V that the mask leaves.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include "kernels/attention.h"
#include "kernels/attention_kernels.h"

namespace sotto {
namespace {

void FillNormal(MatrixView<float> m, uint32_t seed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < m.size(); ++i) m.data()[i] = normal(rng);
}

void Attention(benchmark::State& state, const AttentionKernel* kernel, size_t head_dim) {
  const size_t length = static_cast<size_t>(state.range(0));
  const AttentionPlan plan{{4, 1, head_dim}, kernel};
  Matrix<float> q(length, 4 * head_dim), k(length, head_dim), v(length, head_dim);
  Matrix<float> out(length, 4 * head_dim), cos(length, head_dim / 2), sin(length, head_dim / 2);
  FillNormal(q.view(), 1);
  FillNormal(k.view(), 2);
  FillNormal(v.view(), 3);
  const std::vector<double> frequencies(head_dim / 2, 0.1);
  FillRopeTable(frequencies, 0, cos.view(), sin.view());
  const RopeTable rope{cos.view(), sin.view()};
  const size_t blocks = (length + kKvBlock - 1) / kKvBlock;
  const auto storage = MakeAlignedArray<std::byte>(blocks * KvBlockBytes(plan));
  const auto scratch = MakeAlignedArray<std::byte>(AttentionScratchBytes(plan));
  const KvSequence sequence{{storage.get(), blocks}, {}, 0};
  const KvInput kv{k.view(), v.view(), 0, rope};
  const QueryInput queries{q.view(), 0, rope, 1.0f / std::sqrt(static_cast<float>(head_dim))};
  for (auto _ : state) {
    for (size_t t = 0; t < PackTaskCount(plan, kv); ++t) {
      PackKeysValues(plan, t, kv, sequence, scratch.get());
    }
    for (size_t t = 0; t < AttentionTaskCount(plan, length); ++t) {
      AttendTile(plan, t, queries, sequence, scratch.get(), out.view());
    }
  }
  const double pairs = 0.5 * static_cast<double>(length) * static_cast<double>(length + 1);
  state.counters["op"] = benchmark::Counter(pairs * 4.0 * 4.0 * static_cast<double>(head_dim),
                                            benchmark::Counter::kIsIterationInvariantRate);
}

const bool kRegistered = [] {
  for (const AttentionKernel* kernel : AttentionTable().runnable()) {
    for (const size_t head_dim : {64, 128}) {
      benchmark::RegisterBenchmark(
          (std::string(IsaName(kernel->isa)) + "/head_dim:" + std::to_string(head_dim)).c_str(),
          [=](benchmark::State& state) { Attention(state, kernel, head_dim); })
          ->Arg(64)
          ->Arg(128)
          ->Arg(512)
          ->Arg(4096)
          ->Unit(benchmark::kMicrosecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace sotto
