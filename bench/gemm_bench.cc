// The matrix product of each linear layer of Llama-3.2-1B on one thread: rows of activations in
// cache times a weight that comes from memory once. Counter: operations a second, two a
// multiply-add. Beside the instructions' own limit in `sotto bench`, this is what oneDNN leaves.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/matrix.h"
#include "kernels/gemm.h"

namespace sotto {
namespace {

struct LayerShape {
  const char* name;
  size_t n_in, n_out;
};
constexpr LayerShape kLayers[] = {
    {"qkv", 2048, 3072}, {"out", 2048, 2048}, {"gate_up", 2048, 16384}, {"down", 8192, 2048}};
struct NamedOperands {
  const char* name;
  GemmOperands operands;
};
constexpr NamedOperands kOperands[] = {{"f32", GemmOperands::kF32},
                                       {"f32_by_bf16", GemmOperands::kF32ByBf16},
                                       {"bf16", GemmOperands::kBf16},
                                       {"u8s8", GemmOperands::kU8S8}};

// Small ordinary numbers in every operand type: 0x3c3c3c3c and 0x3c3c as floats, 0x3c as integer.
AlignedArray<uint8_t> OrdinaryBytes(size_t count) {
  AlignedArray<uint8_t> bytes = MakeAlignedArray<uint8_t>(count);
  memset(bytes.get(), 0x3c, count);
  return bytes;
}

void Product(benchmark::State& state, GemmOperands operands, const LayerShape& shape) {
  const size_t rows = static_cast<size_t>(state.range(0));
  GemmWeights weights(operands, shape.n_in, shape.n_out);
  const size_t row_bytes = GemmRowBytes(operands, shape.n_in);
  const auto a = OrdinaryBytes(std::max(rows, kGemmRowBlock) * row_bytes);
  {
    const auto block = OrdinaryBytes(kGemmColumnBlock * row_bytes);
    for (size_t b = 0; b < weights.blocks(); ++b) weights.PackBlock(b, block.get());
  }
  const auto tile = MakeAlignedArray<uint8_t>(kGemmRowBlock * kGemmColumnBlock * 4);
  const auto scratch = MakeAlignedArray<uint8_t>(weights.scratch_bytes() + 64);
  for (auto _ : state) {
    for (size_t b = 0; b < weights.blocks(); ++b) {
      for (size_t row = 0; row < rows; row += kGemmRowBlock) {
        weights.Multiply(b, a.get() + row * row_bytes, std::min(rows - row, kGemmRowBlock),
                         tile.get(), scratch.get());
      }
    }
    benchmark::ClobberMemory();
  }
  state.counters["ops"] = benchmark::Counter(
      2.0 * static_cast<double>(rows * shape.n_in * shape.n_out),
      benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

const bool kRegistered = [] {
  for (const NamedOperands& operands : kOperands) {
    if (!GemmIsNative(operands.operands)) continue;
    for (const LayerShape& layer : kLayers) {
      benchmark::RegisterBenchmark(
          (std::string("Product/") + operands.name + "/" + layer.name).c_str(),
          [operands, layer](benchmark::State& s) { Product(s, operands.operands, layer); })
          ->ArgName("rows")
          ->Arg(16)
          ->Arg(512)
          ->Unit(benchmark::kMicrosecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace sotto
