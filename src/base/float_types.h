// Storage types of checkpoints and kernels: bfloat16 and IEEE half, with exact conversions.
#ifndef SOTTO_BASE_FLOAT_TYPES_H_
#define SOTTO_BASE_FLOAT_TYPES_H_

#include <bit>
#include <cstdint>

namespace sotto {

// The upper half of a binary32.
struct BFloat16 {
  uint16_t bits;
};
// IEEE 754 binary16.
struct Half {
  uint16_t bits;
};

inline float ToFloat(BFloat16 v) { return std::bit_cast<float>(uint32_t{v.bits} << 16); }

// Round to nearest, ties to even; NaN stays NaN (quiet).
inline BFloat16 ToBFloat16(float f) {
  const uint32_t u = std::bit_cast<uint32_t>(f);
  if ((u & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>((u >> 16) | 0x40u)};
  return {static_cast<uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16)};
}

inline float ToFloat(Half v) {
  const uint32_t sign = uint32_t{v.bits} >> 15 << 31;
  const uint32_t exponent = (v.bits >> 10) & 0x1fu, mantissa = v.bits & 0x3ffu;
  if (exponent == 0) {  // Zero and subnormals: mantissa * 2^-24, exact in binary32.
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
  }
  const uint32_t biased = exponent == 31 ? 255u : exponent + 112u;
  return std::bit_cast<float>(sign | biased << 23 | mantissa << 13);
}

}  // namespace sotto

#endif  // SOTTO_BASE_FLOAT_TYPES_H_
