// Products of every device present, in layers of Llama-3.2-1B's shape. `ops` counts two operations
// a multiply-add of the int8 planes (four planes for a ring product), so that a ring product's rate
// compares with the plain int8 product beside it.
#include <benchmark/benchmark.h>

#include "accelerator/devices/device_registry.h"
#include "base/cpu.h"
#include "base/integers.h"
#include "base/thread_pool.h"
#include "kernels/gemm.h"

namespace sotto {
namespace {

struct Shape {
  const char* name;
  size_t n_in, n_out;
};
constexpr Shape kShapes[] = {{"qkv", 2048, 3072}, {"gate_up", 2048, 16384}, {"down", 8192, 2048}};

constexpr size_t kTokens = 512;

template <typename T>
Matrix<T> Filled(size_t rows, size_t cols) {
  Matrix<T> m(rows, cols);
  for (size_t i = 0; i < rows * cols; ++i) m.view().data()[i] = static_cast<T>(i * 2654435761u);
  return m;
}

void SetRate(benchmark::State& state, const Shape& shape, int planes) {
  const double operations = 2.0 * planes * static_cast<double>(kTokens * shape.n_in * shape.n_out);
  state.counters["ops"] = benchmark::Counter(
      operations, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

void RunRing(benchmark::State& state, Device& device, const Shape& shape) {
  const auto weights = device.LoadRing(Filled<int16_t>(shape.n_out, shape.n_in).view());
  const auto x = Filled<uint32_t>(kTokens, shape.n_in);
  Matrix<uint32_t> y(kTokens, shape.n_out);
  for (auto _ : state) {
    if (!device.MultiplyRing(**weights, x.view(), y.view()).ok()) state.SkipWithError("refused");
  }
  SetRate(state, shape, 4);
}

void RunFloat(benchmark::State& state, Device& device, const Shape& shape) {
  const auto weights =
      device.LoadFloat(Filled<float>(shape.n_out, shape.n_in).view(), FloatPrecision::kFastest);
  const auto x = Filled<float>(kTokens, shape.n_in);
  Matrix<float> y(kTokens, shape.n_out);
  for (auto _ : state) {
    if (!device.MultiplyFloat(**weights, x.view(), y.view()).ok()) state.SkipWithError("refused");
  }
  SetRate(state, shape, 1);
}

// What a ring product is made of, alone: u8 x s8 products of all columns, operands in place.
void RunInt8(benchmark::State& state, const Shape& shape) {
  ThreadPool pool(AvailableProcessors());
  GemmWeights weights(GemmOperands::kU8S8, shape.n_in, shape.n_out);
  const auto a = Filled<uint8_t>(kTokens, shape.n_in);
  constexpr size_t kTileBytes = kGemmRowBlock * kGemmColumnBlock * sizeof(uint32_t);
  const size_t worker_bytes = kTileBytes + CeilDiv(weights.scratch_bytes(), 64) * 64;
  const auto memory = MakeAlignedArray<uint8_t>(worker_bytes * static_cast<size_t>(pool.threads()));
  for (auto _ : state) {
    pool.ParallelFor(weights.blocks(), [&](size_t block, int worker) {
      for (size_t t = 0; t < kTokens; t += kGemmRowBlock) {
        uint8_t* const tile = memory.get() + static_cast<size_t>(worker) * worker_bytes;
        weights.Multiply(block, a.view().row(t), kGemmRowBlock, tile, tile + kTileBytes);
      }
    });
  }
  SetRate(state, shape, 1);
}

const bool kRegistered = [] {
  for (const Shape& shape : kShapes) {
    benchmark::RegisterBenchmark((std::string("int8_gemm/") + shape.name).c_str(),
                                 [shape](auto& state) { RunInt8(state, shape); })
        ->UseRealTime();
  }
  for (const std::string& name : PresentDevices()) {
    // Opened on first use, kept for all shapes: opening may tune.
    auto* device = new std::unique_ptr<Device>;
    const auto open = [name, device]() -> Device& {
      if (*device == nullptr) *device = *OpenDevice(name, {});
      return **device;
    };
    for (const Shape& shape : kShapes) {
      benchmark::RegisterBenchmark((name + "/ring/" + shape.name).c_str(), [open,
                                                                            shape](auto& state) {
        RunRing(state, open(), shape);
      })->UseRealTime();
      benchmark::RegisterBenchmark((name + "/float/" + shape.name).c_str(), [open,
                                                                             shape](auto& state) {
        RunFloat(state, open(), shape);
      })->UseRealTime();
    }
  }
  return true;
}();

}  // namespace
}  // namespace sotto
