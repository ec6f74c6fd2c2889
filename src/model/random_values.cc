#include "model/random_values.h"

#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/float_types.h"

namespace sotto {
namespace {

// Each 64-bit draw makes this many elements, of 16 bits each.
constexpr size_t kPerDraw = 4;

// Round to nearest, ties away from zero. REQUIRES: |f| within the normal range or below 2^-25.
Half ToHalf(float f) {
  const uint32_t bits = std::bit_cast<uint32_t>(f);
  const uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  constexpr uint32_t kSmallestNormal = 113u << 23;  // 2^-14
  if (magnitude < kSmallestNormal) {                // Subnormal: a multiple of 2^-24.
    const float scaled = std::bit_cast<float>(magnitude) * 0x1p24f;
    return {static_cast<uint16_t>(sign | static_cast<uint32_t>(std::lround(scaled)))};
  }
  return {static_cast<uint16_t>(sign | ((magnitude + 0x1000u - (112u << 23)) >> 13))};
}

template <typename T, typename Convert>
void Fill(uint64_t key, uint64_t begin, size_t count, float step, uint8_t* target,
          Convert convert) {
  for (size_t i = 0; i < count; i += kPerDraw) {
    const uint64_t draw = MixBits(key ^ MixBits((begin + i) / kPerDraw));
    T values[kPerDraw];
    for (size_t j = 0; j < kPerDraw; ++j) {
      const auto centred = static_cast<int16_t>(draw >> (16 * j));
      values[j] = convert((static_cast<float>(centred) + 0.5f) * step);
    }
    const size_t wanted = count - i < kPerDraw ? count - i : kPerDraw;
    std::memcpy(target + i * sizeof(T), values, wanted * sizeof(T));
  }
}

}  // namespace

void RandomValues(uint64_t key, uint64_t begin, size_t count, float standard_deviation, DType dtype,
                  uint8_t* target) {
  SOTTO_CHECK(begin % kPerDraw == 0);
  // A uniform variable on [-a, a] has standard deviation a / sqrt(3).
  const float step = standard_deviation * std::sqrt(3.0f) / 32768.0f;
  switch (dtype) {
    case DType::kF32:
      return Fill<float>(key, begin, count, step, target, [](float f) { return f; });
    case DType::kF16:
      return Fill<Half>(key, begin, count, step, target, ToHalf);
    case DType::kBF16:
      return Fill<BFloat16>(key, begin, count, step, target, ToBFloat16);
  }
}

}  // namespace sotto
