// Compiled with -ffp-contract=off: a fused multiply-add here would give other bits on other
// machines, and the two sides of the trust boundary would disagree about the weights.
#include "model/quantized_weights.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/cpu.h"

namespace sotto {
namespace {

// Below this, 127 / max would overflow: such a row counts as zero (docs/numerics.md, "Weights").
constexpr float kSmallestMaximum = 0x1p-100f;

struct RowQuantum {
  float scale;
  uint32_t l1_norm;
};

// The largest magnitude as bits: the order of non-negative floats is that of their bits, and an
// integer maximum vectorises without -ffast-math.
inline __attribute__((always_inline)) float LargestMagnitude(const float* w, size_t n) {
  uint32_t largest = 0;
  for (size_t i = 0; i < n; ++i) {
    largest = std::max(largest, std::bit_cast<uint32_t>(w[i]) & 0x7fffffffu);
  }
  return std::bit_cast<float>(largest);
}

inline __attribute__((always_inline)) RowQuantum QuantizeRow(const float* w, size_t n, int8_t* wq) {
  const float largest = LargestMagnitude(w, n);
  if (largest < kSmallestMaximum) {
    std::fill(wq, wq + n, int8_t{0});
    return {1.0f, 0};
  }
  const float inverse = 127.0f / largest;
  uint32_t l1_norm = 0;
  for (size_t i = 0; i < n; ++i) {
    const int32_t q = static_cast<int32_t>(std::rint(w[i] * inverse));
    wq[i] = static_cast<int8_t>(q);
    l1_norm += static_cast<uint32_t>(q < 0 ? -q : q);
  }
  return {largest / 127.0f, l1_norm};
}

RowQuantum QuantizeRowPortable(const float* w, size_t n, int8_t* wq) {
  return QuantizeRow(w, n, wq);
}
__attribute__((target("avx2"))) RowQuantum QuantizeRowAvx2(const float* w, size_t n, int8_t* wq) {
  return QuantizeRow(w, n, wq);
}

}  // namespace

void QuantizeWeightRows(ConstMatrixView<float> w, MatrixView<int8_t> wq, float* scales,
                        uint32_t* l1_norms) {
  const auto quantize_row = Cpu().avx2 ? QuantizeRowAvx2 : QuantizeRowPortable;
  for (size_t j = 0; j < w.rows(); ++j) {
    const RowQuantum quantum = quantize_row(w.row(j), w.cols(), wq.row(j));
    scales[j] = quantum.scale;
    l1_norms[j] = quantum.l1_norm;
  }
}

int32_t ActivationLimit(uint32_t max_l1) {
  constexpr uint32_t kLargestLimit = (1u << 15) - 1;
  if (max_l1 == 0) return kLargestLimit;
  constexpr uint32_t kLargestProduct = (1u << 31) - 1;  // A * max_l1 < 2^31.
  return static_cast<int32_t>(std::min(kLargestLimit, kLargestProduct / max_l1));
}

}  // namespace sotto
