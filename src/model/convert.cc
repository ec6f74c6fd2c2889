#include "model/convert.h"

#include <immintrin.h>

#include <bit>
#include <cstring>

#include "base/cpu.h"
#include "base/float_types.h"

namespace sotto {
namespace {

constexpr uint32_t kExponentMask = 0x7f800000u;

template <typename Stored>
inline __attribute__((always_inline)) uint32_t FloatBitsAt(const uint8_t* source, size_t i) {
  Stored value;
  std::memcpy(&value, source + i * sizeof value, sizeof value);
  if constexpr (sizeof value == sizeof(float)) {
    return std::bit_cast<uint32_t>(value);
  } else {
    return std::bit_cast<uint32_t>(ToFloat(value));
  }
}

// One loop for every instruction set: the compiler vectorises it for the function it lands in.
template <typename Stored>
inline __attribute__((always_inline)) bool ConvertLoop(const uint8_t* source, size_t count,
                                                       float* target) {
  uint32_t not_finite = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t bits = FloatBitsAt<Stored>(source, i);
    not_finite |= (bits & kExponentMask) == kExponentMask ? 1u : 0u;
    std::memcpy(target + i, &bits, sizeof bits);
  }
  return not_finite == 0;
}

bool ConvertPortable(DType dtype, const uint8_t* source, size_t count, float* target) {
  switch (dtype) {
    case DType::kF32:
      return ConvertLoop<float>(source, count, target);
    case DType::kF16:
      return ConvertLoop<Half>(source, count, target);
    case DType::kBF16:
      return ConvertLoop<BFloat16>(source, count, target);
  }
  return false;
}

// Eight halves at a time: the branches of the portable conversion do not vectorise.
__attribute__((target("avx2,f16c"))) bool ConvertHalfF16c(const uint8_t* source, size_t count,
                                                          float* target) {
  const __m256i exponent = _mm256_set1_epi32(static_cast<int>(kExponentMask));
  __m256i not_finite = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + 2 * i));
    const __m256 floats = _mm256_cvtph_ps(halves);
    const __m256i bits = _mm256_and_si256(_mm256_castps_si256(floats), exponent);
    not_finite = _mm256_or_si256(not_finite, _mm256_cmpeq_epi32(bits, exponent));
    _mm256_storeu_ps(target + i, floats);
  }
  const bool tail_finite = ConvertLoop<Half>(source + 2 * i, count - i, target + i);
  return _mm256_testz_si256(not_finite, not_finite) != 0 && tail_finite;
}

__attribute__((target("avx2,f16c"))) bool ConvertAvx2(DType dtype, const uint8_t* source,
                                                      size_t count, float* target) {
  switch (dtype) {
    case DType::kF32:
      return ConvertLoop<float>(source, count, target);
    case DType::kF16:
      return ConvertHalfF16c(source, count, target);
    case DType::kBF16:
      return ConvertLoop<BFloat16>(source, count, target);
  }
  return false;
}

}  // namespace

bool ConvertToFloat(DType dtype, const uint8_t* source, size_t count, float* target) {
  return (Cpu().avx2 ? ConvertAvx2 : ConvertPortable)(dtype, source, count, target);
}

}  // namespace sotto
