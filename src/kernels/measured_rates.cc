#include "kernels/measured_rates.h"

#include <algorithm>
#include <cstring>

#include "base/cpu.h"
#include "base/matrix.h"
#include "kernels/best_seconds.h"

namespace sotto {
namespace {

// 34 M multiply-adds, 0.3 ms where f32 runs at 0.26 T operations a second: larger ones show the
// same ratio. Most of the time goes to oneDNN, which generates the code.
constexpr size_t kProductIn = 512, kProductOut = kGemmColumnBlock, kProductRows = 256;

// A tile of the last of 512 queries: what attention does most of at usual lengths.
constexpr AttentionShape kAttentionShape = {.num_heads = 4, .num_kv_heads = 1, .head_dim = 64};
constexpr size_t kKeys = 512, kQueries = 64;

// An ordinary small number, as f32 and as bf16, whatever the alignment.
constexpr int kSmallNumberByte = 0x3c;

AlignedArray<uint8_t> SmallNumbers(size_t size_bytes) {
  auto bytes = MakeAlignedArray<uint8_t>(size_bytes);
  std::memset(bytes.get(), kSmallNumberByte, size_bytes);
  return bytes;
}

double ProductRate(GemmOperands operands) {
  GemmWeights weights(operands, kProductIn, kProductOut);
  const size_t row_bytes = GemmRowBytes(operands, kProductIn);
  const auto rows = SmallNumbers(std::max(kProductRows, kProductOut) * row_bytes);
  weights.PackBlock(0, rows.get());
  const auto tile = MakeAlignedArray<float>(kProductRows * kGemmColumnBlock);
  const auto scratch = MakeAlignedArray<uint8_t>(weights.scratch_bytes());
  const auto multiply = [&] {
    weights.Multiply(0, rows.get(), kProductRows, tile.get(), scratch.get());
  };
  multiply();  // Fetches operands and code.
  return 2.0 * kProductIn * kProductOut * kProductRows / BestSeconds(multiply);
}

double AttentionRate(AttentionPrecision precision) {
  const AttentionPlan plan = MakeAttentionPlan(kAttentionShape, precision);
  const size_t q_size = kAttentionShape.num_heads * kAttentionShape.head_dim;
  const auto numbers = SmallNumbers(kKeys * q_size * sizeof(float));
  auto* const values = reinterpret_cast<float*>(numbers.get());
  const auto blocks = MakeAlignedArray<uint8_t>(kKeys / kKvBlock * KvBlockBytes(plan));
  const auto scratch = MakeAlignedArray<uint8_t>(AttentionScratchBytes(plan));
  auto* const scratch_bytes = reinterpret_cast<std::byte*>(scratch.get());
  Matrix<float> out(kQueries, q_size);
  KvSequence sequence;
  sequence.own = {reinterpret_cast<std::byte*>(blocks.get()), kKeys / kKvBlock};

  const ConstMatrixView<float> keys(values, kKeys, kAttentionShape.head_dim);
  const KvInput kv = {.k = keys, .v = keys, .first_position = 0, .rope = {}};
  for (size_t task = 0; task < PackTaskCount(plan, kv); ++task) {
    PackKeysValues(plan, task, kv, sequence, scratch_bytes);
  }
  const QueryInput queries = {.q = ConstMatrixView<float>(values, kQueries, q_size),
                              .first_position = kKeys - kQueries,
                              .rope = {}};
  const auto attend = [&] {
    for (size_t task = 0; task < AttentionTaskCount(plan, kQueries); ++task) {
      AttendTile(plan, task, queries, sequence, scratch_bytes, out.view());
    }
  };
  attend();
  // Two products of a query and each key it sees, of half of the last tile's on average.
  return 4.0 * q_size * kQueries * (kKeys - kQueries / 2.0) / BestSeconds(attend);
}

}  // namespace

const MeasuredRates& ProductRates() {
  static const MeasuredRates rates = {
      .f32 = ProductRate(GemmOperands::kF32),
      .bf16 = GemmIsNative(GemmOperands::kBf16) ? ProductRate(GemmOperands::kBf16) : 0};
  return rates;
}

const MeasuredRates& AttentionRates() {
  static const MeasuredRates rates = {
      .f32 = AttentionRate(AttentionPrecision::kF32),
      .bf16 = Cpu().avx512_bf16 ? AttentionRate(AttentionPrecision::kBf16) : 0};
  return rates;
}

}  // namespace sotto
