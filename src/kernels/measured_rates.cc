#include "kernels/measured_rates.h"

#include <algorithm>
#include <cstring>
#include <optional>

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

class ProductTrial {
 public:
  // Two products of a row and each column.
  static constexpr double kOperations = 2.0 * kProductIn * kProductOut * kProductRows;

  explicit ProductTrial(GemmOperands operands)
      : weights_(operands, kProductIn, kProductOut),
        rows_(
            SmallNumbers(std::max(kProductRows, kProductOut) * GemmRowBytes(operands, kProductIn))),
        tile_(MakeAlignedArray<float>(kProductRows * kGemmColumnBlock)),
        scratch_(MakeAlignedArray<uint8_t>(weights_.scratch_bytes())) {
    weights_.PackBlock(0, rows_.get());
    Run();  // Fetches operands and code.
  }

  void Run() { weights_.Multiply(0, rows_.get(), kProductRows, tile_.get(), scratch_.get()); }

 private:
  GemmWeights weights_;
  const AlignedArray<uint8_t> rows_;
  const AlignedArray<float> tile_;
  const AlignedArray<uint8_t> scratch_;
};

class AttentionTrial {
 public:
  static constexpr size_t kQuerySize = kAttentionShape.num_heads * kAttentionShape.head_dim;
  // Two products of a query and each key it sees, of half of the last tile's on average.
  static constexpr double kOperations = 4.0 * kQuerySize * kQueries * (kKeys - kQueries / 2.0);

  explicit AttentionTrial(AttentionPrecision precision)
      : plan_(MakeAttentionPlan(kAttentionShape, precision)),
        numbers_(SmallNumbers(kKeys * kQuerySize * sizeof(float))),
        blocks_(MakeAlignedArray<uint8_t>(kKeys / kKvBlock * KvBlockBytes(plan_))),
        scratch_(MakeAlignedArray<uint8_t>(AttentionScratchBytes(plan_))),
        out_(kQueries, kQuerySize) {
    sequence_.own = {reinterpret_cast<std::byte*>(blocks_.get()), kKeys / kKvBlock};
    const ConstMatrixView<float> keys(values(), kKeys, kAttentionShape.head_dim);
    const KvInput kv = {.k = keys, .v = keys, .first_position = 0, .rope = {}};
    for (size_t task = 0; task < PackTaskCount(plan_, kv); ++task) {
      PackKeysValues(plan_, task, kv, sequence_, scratch());
    }
    Run();
  }
  AttentionTrial(const AttentionTrial&) = delete;

  void Run() {
    const QueryInput queries = {.q = ConstMatrixView<float>(values(), kQueries, kQuerySize),
                                .first_position = kKeys - kQueries,
                                .rope = {}};
    for (size_t task = 0; task < AttentionTaskCount(plan_, kQueries); ++task) {
      AttendTile(plan_, task, queries, sequence_, scratch(), out_.view());
    }
  }

 private:
  float* values() { return reinterpret_cast<float*>(numbers_.get()); }
  std::byte* scratch() { return reinterpret_cast<std::byte*>(scratch_.get()); }

  const AttentionPlan plan_;
  const AlignedArray<uint8_t> numbers_, blocks_, scratch_;
  Matrix<float> out_;
  KvSequence sequence_;
};

// In turn, so that what slows the machine for a while slows both.
template <typename Trial, typename Kind>
MeasuredRates Measure(Kind f32, std::optional<Kind> bf16) {
  Trial exact(f32);
  if (!bf16.has_value()) {
    return {.f32 = Trial::kOperations / BestSeconds([&] { exact.Run(); })};
  }
  Trial rounding(*bf16);
  const RivalSeconds best = BestSecondsInTurn([&] { exact.Run(); }, [&] { rounding.Run(); });
  return {.f32 = Trial::kOperations / best.first, .bf16 = Trial::kOperations / best.second};
}

template <typename Kind>
std::optional<Kind> If(bool native, Kind kind) {
  return native ? std::optional(kind) : std::nullopt;
}

}  // namespace

const MeasuredRates& ProductRates() {
  static const MeasuredRates rates = Measure<ProductTrial>(
      GemmOperands::kF32, If(GemmIsNative(GemmOperands::kBf16), GemmOperands::kBf16));
  return rates;
}

const MeasuredRates& AttentionRates() {
  static const MeasuredRates rates = Measure<AttentionTrial>(
      AttentionPrecision::kF32, If(Cpu().avx512_bf16, AttentionPrecision::kBf16));
  return rates;
}

}  // namespace sotto
