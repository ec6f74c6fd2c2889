#include <immintrin.h>

#include "model/weight_loops.h"

// Said of each function and not of the file: what the headers define inline stays portable.
#define SOTTO_AVX2 __attribute__((target("avx2,f16c,sse4.2")))

namespace sotto {
namespace {

// Eight halves at a time: the branches of the portable conversion do not vectorise.
SOTTO_AVX2 bool ConvertHalf(const uint8_t* source, size_t count, float* target) {
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

SOTTO_AVX2 bool Convert(DType dtype, const uint8_t* source, size_t count, float* target) {
  switch (dtype) {
    case DType::kF32:
      return ConvertLoop<float>(source, count, target);
    case DType::kF16:
      return ConvertHalf(source, count, target);
    case DType::kBF16:
      return ConvertLoop<BFloat16>(source, count, target);
  }
  return false;
}

SOTTO_AVX2 RowQuantum QuantizeRow(const float* w, size_t n, int8_t* wq) {
  return QuantizeLoop(w, n, 127.0f, wq);
}

SOTTO_AVX2 RowQuantum QuantizeRowWide(const float* w, size_t n, int32_t largest, int16_t* wq) {
  return QuantizeLoop(w, n, static_cast<float>(largest), wq);
}

SOTTO_AVX2 uint32_t Crc(uint32_t state, std::span<const uint8_t> data) {
  uint64_t wide = state;
  size_t i = 0;
  for (; i + 8 <= data.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, &data[i], sizeof word);
    wide = _mm_crc32_u64(wide, word);
  }
  return Crc32cLoop(static_cast<uint32_t>(wide), data.subspan(i));
}

}  // namespace

constinit const WeightKernels kAvx2Weights = {Isa::kAvx2, Convert, QuantizeRow, QuantizeRowWide,
                                              Crc};

}  // namespace sotto
