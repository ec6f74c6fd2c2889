// The loops of weight_kernels.h, for every instruction set: each is inlined into the function that
// calls it, and vectorised for that. Compiled with -ffp-contract=off: a fused multiply-add would
// give other bits on other machines, and the two sides of the trust boundary would disagree about
// the weights.
#ifndef SOTTO_MODEL_WEIGHT_LOOPS_H_
#define SOTTO_MODEL_WEIGHT_LOOPS_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/float_types.h"
#include "model/weight_kernels.h"

#define SOTTO_LOOP inline __attribute__((always_inline))

namespace sotto {

inline constexpr uint32_t kExponentMask = 0x7f800000u;
// Below this, 2047 / max could overflow: such a row counts as zero (docs/numerics.md, "Weights").
inline constexpr float kSmallestMaximum = 0x1p-100f;

template <typename Stored>
SOTTO_LOOP uint32_t FloatBitsAt(const uint8_t* source, size_t i) {
  Stored value;
  std::memcpy(&value, source + i * sizeof value, sizeof value);
  if constexpr (sizeof value == sizeof(float)) {
    return std::bit_cast<uint32_t>(value);
  } else {
    return std::bit_cast<uint32_t>(ToFloat(value));
  }
}

// Whether all are finite.
template <typename Stored>
SOTTO_LOOP bool ConvertLoop(const uint8_t* source, size_t count, float* target) {
  uint32_t not_finite = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t bits = FloatBitsAt<Stored>(source, i);
    not_finite |= (bits & kExponentMask) == kExponentMask ? 1u : 0u;
    std::memcpy(target + i, &bits, sizeof bits);
  }
  return not_finite == 0;
}

// The largest magnitude as bits: the order of non-negative floats is that of their bits, and an
// integer maximum vectorises without -ffast-math.
SOTTO_LOOP float LargestMagnitude(const float* w, size_t n) {
  uint32_t largest = 0;
  for (size_t i = 0; i < n; ++i) {
    largest = std::max(largest, std::bit_cast<uint32_t>(w[i]) & 0x7fffffffu);
  }
  return std::bit_cast<float>(largest);
}

// To integers of at most `largest_weight`. Q: int8_t or int16_t.
template <typename Q>
SOTTO_LOOP RowQuantum QuantizeLoop(const float* w, size_t n, float largest_weight, Q* wq) {
  const float largest = LargestMagnitude(w, n);
  if (largest < kSmallestMaximum) {
    std::fill(wq, wq + n, Q{0});
    return {1.0f, 0};
  }
  const float inverse = largest_weight / largest;
  uint32_t l1_norm = 0;
  for (size_t i = 0; i < n; ++i) {
    const int32_t q = static_cast<int32_t>(std::rint(w[i] * inverse));
    wq[i] = static_cast<Q>(q);
    l1_norm += static_cast<uint32_t>(q < 0 ? -q : q);
  }
  return {largest / largest_weight, l1_norm};
}

SOTTO_LOOP uint32_t Crc32cLoop(uint32_t state, std::span<const uint8_t> data) {
  for (const uint8_t byte : data) {
    state ^= byte;
    for (int bit = 0; bit < 8; ++bit) state = state >> 1 ^ (state & 1 ? 0x82f63b78u : 0u);
  }
  return state;
}

}  // namespace sotto

#undef SOTTO_LOOP

#endif  // SOTTO_MODEL_WEIGHT_LOOPS_H_
