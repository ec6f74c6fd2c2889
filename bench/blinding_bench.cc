// What protection costs the trusted side: nanoseconds per element on one core (`ns_per_element`).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <vector>

#include "base/matrix.h"
#include "kernels/elementwise.h"
#include "kernels/fixed_point.h"
#include "kernels/gemm.h"
#include "model/config_presets.h"
#include "model/quantized_weights.h"
#include "protocol/keystream.h"
#include "protocol/plane_cipher.h"
#include "trusted/split/drbg.h"
#include "trusted/split/field_dot.h"
#include "trusted/split/field_kernels.h"
#include "trusted/split/pad_weights.h"
#include "trusted/split/protected_layers.h"
#include "trusted/split/relay.h"
#include "trusted/split/reveal_row.h"
#include "trusted/split/shares.h"

namespace sotto {
namespace {

constexpr size_t kRows = 64;

// A layer of a Llama-3.2-1B block: q/k/v 2048 -> 3072, gate/up 2048 -> 16384, down 8192 -> 2048.
ModelSpec OneBlock() {
  ModelSpec config = *ConfigLike("llama-3.2-1b");
  config.layers.resize(1);
  config.vocab_size = 256;
  return config;
}

const ProtectedLayers& Layers() {
  static const ProtectedLayers& layers = *[] {
    ThreadPool pool(1);
    const auto read_rows = [](LinearLayer, size_t begin, MatrixView<float> out) {
      std::mt19937 rng(static_cast<uint32_t>(begin));
      std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
      for (size_t j = 0; j < out.rows(); ++j) {
        for (size_t i = 0; i < out.cols(); ++i) out(j, i) = uniform(rng);
      }
      return absl::OkStatus();
    };
    const auto read_bias = [](LinearLayer) -> absl::StatusOr<std::vector<float>> {
      return std::vector<float>();
    };
    const auto drop = [](LinearLayer) {};
    const auto observe = [](LinearLayer, size_t, ConstMatrixView<int16_t>) {};
    return new ProtectedLayers(*ProtectedLayers::Read(OneBlock(), {read_rows, read_bias, drop},
                                                      ProcessDrbg(), pool, observe));
  }();
  return layers;
}

Matrix<float> RandomRows(size_t rows, size_t cols) {
  std::mt19937 rng(1);
  std::normal_distribution<float> normal;
  Matrix<float> x(rows, cols);
  for (size_t i = 0; i < rows * cols; ++i) x.view().data()[i] = normal(rng);
  return x;
}

void ReportElements(benchmark::State& state, size_t elements) {
  state.counters["ns_per_element"] = benchmark::Counter(
      static_cast<double>(elements) * static_cast<double>(state.iterations()) * 1e-9,
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

LinearLayer LayerOf(int64_t kind) { return {static_cast<LinearKind>(kind), 0}; }

// Row maximum, quantise, expected sum of verification, mask; without the norm before it.
void BM_Hide(benchmark::State& state) {
  const LinearLayer name = LayerOf(state.range(0));
  const ProtectedLayer& layer = Layers().at(name);
  const size_t n_in = layer.shape.n_in;
  ShareBlinder blinder(OneBlock(), 2, ProcessDrbg());
  const Matrix<float> x = RandomRows(kRows, n_in);
  Matrix<uint32_t> hidden(kRows, n_in), scratch(2, n_in);
  uint64_t sums = 0;
  for (auto _ : state) {
    auto blinding = blinder.Begin(name, kRows);
    const auto quantise = [&](size_t row, std::span<int32_t> xq) {
      benchmark::DoNotOptimize(QuantizeFixedRow(x.view().row(row), n_in, layer.limit, xq.data()));
      if (state.range(1)) sums += layer.key.ExpectedSum(xq);
    };
    for (size_t row = 0; row < kRows; row += 8) {
      (*blinding)->Hide(row, quantise, {scratch.view().data(), 2 * n_in},
                        hidden.view().Rows(row, 8));
    }
    benchmark::DoNotOptimize(hidden.view().data());
  }
  benchmark::DoNotOptimize(sums);
  ReportElements(state, kRows * n_in);
}
BENCHMARK(BM_Hide)->ArgNames({"layer", "verify"})->ArgsProduct({{0, 3}, {0, 1}});

// Add two answers, or with a relay take the mask off one; verification sum, scale, tail.
void BM_Reveal(benchmark::State& state) {
  const LinearLayer name = LayerOf(state.range(0));
  const ProtectedLayer& layer = Layers().at(name);
  const size_t n_out = layer.shape.n_out;
  std::unique_ptr<Blinder> blinder;
  if (state.range(2) != 0) {
    blinder = std::make_unique<RelayBlinder>(OneBlock(), uint64_t{1} << 30, ProcessDrbg());
  } else {
    blinder = std::make_unique<ShareBlinder>(OneBlock(), 2, ProcessDrbg());
  }
  auto blinding = blinder->Begin(name, kRows);
  Matrix<uint32_t> a(kRows, n_out), b(kRows, n_out);
  std::mt19937 rng(2);
  for (size_t i = 0; i < kRows * n_out; ++i) {
    a.view().data()[i] = rng();
    b.view().data()[i] = rng();
  }
  Matrix<float> y(kRows, n_out);
  std::vector<float> scratch(RevealScratchFloats(layer.shape));
  // Random answers fail, which takes as long as passing.
  const std::optional<uint64_t> expected =
      state.range(1) != 0 ? std::optional<uint64_t>(1) : std::nullopt;
  uint64_t passed = 0;
  for (auto _ : state) {
    for (size_t r = 0; r < kRows; ++r) {
      const uint32_t* answers[] = {a.view().row(r), b.view().row(r)};
      const RevealedRow row{r, answers, expected, 1e-6f, LinearTail::kStore, y.view().row(r)};
      passed |= RevealRow(layer, **blinding, row, scratch);
    }
    benchmark::DoNotOptimize(y.view().data());
  }
  benchmark::DoNotOptimize(passed);
  ReportElements(state, kRows * n_out);
}
BENCHMARK(BM_Reveal)->ArgNames({"layer", "verify", "relay"})->ArgsProduct({{0, 2}, {0, 1}, {0, 1}});

// The parts, each over a row that stays in the first-level cache.
void BM_ExpandSeed(benchmark::State& state) {
  SeedExpander expander(Seed{});
  std::vector<uint32_t> words(2048);
  uint64_t next = 0;
  for (auto _ : state) {
    expander.Expand(next, words);
    next += words.size();
    benchmark::DoNotOptimize(words.data());
  }
  ReportElements(state, words.size());
}
BENCHMARK(BM_ExpandSeed);

// What a data plane beside TLS adds to the copy into it, or out of it.
void BM_EncryptPayload(benchmark::State& state) {
  PayloadCipher cipher(Seed{});
  std::vector<uint32_t> words(16384), sent(words.size());
  uint64_t offset = 0;
  for (auto _ : state) {
    cipher.Apply(offset, reinterpret_cast<const uint8_t*>(words.data()),
                 reinterpret_cast<uint8_t*>(sent.data()), sent.size() * sizeof(uint32_t));
    offset += sent.size() * sizeof(uint32_t);
    benchmark::DoNotOptimize(sent.data());
  }
  ReportElements(state, sent.size());
}
BENCHMARK(BM_EncryptPayload);

void BM_FieldDot(benchmark::State& state) {
  std::mt19937_64 rng(3);
  std::vector<int32_t> values(2048);
  std::vector<uint64_t> field(2048);
  for (int32_t& v : values) v = static_cast<int32_t>(rng());
  for (uint64_t& f : field) f = rng() >> 3;
  for (auto _ : state) {
    benchmark::DoNotOptimize(state.range(0) ? OffsetFieldDot(values, field)
                                            : kPortableField.offset_dot(values, field));
  }
  ReportElements(state, values.size());
}
BENCHMARK(BM_FieldDot)->ArgName("vectorised")->Arg(0)->Arg(1);

void BM_QuantizeFixedRow(benchmark::State& state) {
  const Matrix<float> x = RandomRows(1, 2048);
  std::vector<int32_t> xq(2048);
  for (auto _ : state) {
    benchmark::DoNotOptimize(QuantizeFixedRow(x.view().row(0), 2048, 11000, xq.data()));
  }
  ReportElements(state, xq.size());
}
BENCHMARK(BM_QuantizeFixedRow);

// u = Wq^T s, at start-up, per weight.
void BM_FreivaldsKey(benchmark::State& state) {
  const size_t n = 2048;
  FreivaldsSecret secret(n, ProcessDrbg());
  Matrix<int16_t> w(n, n);
  std::fill_n(w.view().data(), n * n, int16_t{3});
  for (auto _ : state) {
    FreivaldsKey key(secret, n, n);
    key.AddWeightRows(0, w.view());
    key.Finish();
  }
  ReportElements(state, n * n);
}
BENCHMARK(BM_FreivaldsKey);

// What the pad factory does for one pad of 128 rows, and its eight int8 products alone; one thread.
constexpr size_t kPadRows = 128;

PadWeights PackedPadWeights(const ModelSpec& config, LinearLayer layer) {
  PadWeights weights(config, FixedWeights::k12Bits);
  const auto [n_in, n_out] = ShapeOf(config, layer);
  std::mt19937 rng(4);
  for (size_t first = 0; first < n_out; first += kGemmColumnBlock) {
    Matrix<int16_t> wq(std::min(kGemmColumnBlock, n_out - first), n_in);
    for (size_t i = 0; i < wq.view().size(); ++i) wq.view().data()[i] = static_cast<int16_t>(rng());
    weights.AddRows(layer, first, wq.view());
  }
  return weights;
}

void BM_MakePad(benchmark::State& state) {
  const ModelSpec config = OneBlock();
  const LinearLayer layer = LayerOf(state.range(0));
  const auto [n_in, n_out] = ShapeOf(config, layer);
  const PadWeights weights = PackedPadWeights(config, layer);
  PadWeights::Workspace workspace;
  ThreadPool pool(1);
  Matrix<uint32_t> mask(kPadRows, n_in), product(kPadRows, n_out);
  for (auto _ : state) {
    ExpandSeed(Seed{}, 0, {mask.view().data(), mask.view().size()});
    weights.Multiply(layer, mask.view(), product.view(), workspace, pool);
    benchmark::DoNotOptimize(product.view().data());
  }
}
BENCHMARK(BM_MakePad)->ArgName("layer")->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

void BM_FourInt8Products(benchmark::State& state) {
  const auto [n_in, n_out] = ShapeOf(OneBlock(), LayerOf(state.range(0)));
  GemmWeights weights(GemmOperands::kU8S8, n_in, n_out);
  const std::vector<int8_t> rows(kGemmColumnBlock * n_in, 3);
  for (size_t b = 0; b < weights.blocks(); ++b) weights.PackBlock(b, rows.data());
  const size_t plane_bytes = kGemmRowBlock * GemmRowBytes(GemmOperands::kU8S8, n_in);
  AlignedArray<uint8_t> planes = MakeAlignedArray<uint8_t>(4 * plane_bytes);
  std::fill_n(planes.get(), 4 * plane_bytes, uint8_t{7});
  AlignedArray<uint8_t> scratch = MakeAlignedArray<uint8_t>(weights.scratch_bytes() + 64);
  Matrix<uint32_t> tile(kGemmRowBlock, kGemmColumnBlock);
  for (auto _ : state) {
    for (size_t b = 0; b < weights.blocks(); ++b) {
      for (size_t k = 0; k < 4; ++k) {
        weights.Multiply(b, planes.get() + k * plane_bytes, kPadRows, tile.view().data(),
                         scratch.get());
      }
    }
    benchmark::DoNotOptimize(tile.view().data());
  }
}
BENCHMARK(BM_FourInt8Products)->ArgName("layer")->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sotto
