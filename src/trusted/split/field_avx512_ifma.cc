#include <immintrin.h>

#include <algorithm>

#include "trusted/split/field.h"
#include "trusted/split/field_kernels.h"

#define SOTTO_IFMA __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512ifma")))

namespace sotto {
namespace {

// v * f for v < 2^32, f < 2^61, split at bit 52 of f, the width of the multiplier:
//   v * f = low52(v * f0) + 2^52 (high(v * f0) + v * f1),   f0 = f mod 2^52, f1 = f div 2^52.
// Per lane the first sum grows by less than 2^52 a step, the second by less than 2^42; so the first
// is folded every 2^11 steps and the second lasts 2^21 of them.
constexpr size_t kStepsPerFold = 2048;
constexpr size_t kLanes = 8;

struct Sums {
  __m512i low, high;
};

SOTTO_IFMA inline void Step(__m256i offset_values, __m512i f, Sums& sums) {
  const __m512i v = _mm512_cvtepu32_epi64(offset_values);
  sums.low = _mm512_madd52lo_epu64(sums.low, v, f);
  sums.high = _mm512_madd52hi_epu64(sums.high, v, f);
  sums.high = _mm512_madd52lo_epu64(sums.high, v, _mm512_srli_epi64(f, 52));
}

SOTTO_IFMA inline Uint128 AddLanes(__m512i v) {
  alignas(64) uint64_t lanes[kLanes];
  _mm512_store_si512(lanes, v);
  Uint128 sum = 0;
  for (uint64_t lane : lanes) sum += lane;
  return sum;
}

SOTTO_IFMA inline uint64_t Fold(const Sums& sums) {
  const uint64_t low = FieldReduce128(AddLanes(sums.low));
  const uint64_t high = FieldReduce128(AddLanes(sums.high));
  return FieldAdd(low, FieldMultiply(high, uint64_t{1} << 52));
}

// At most kStepsPerFold steps of two groups of lanes, and a masked one for what is left.
SOTTO_IFMA uint64_t DotPiece(const int32_t* values, const uint64_t* field, size_t n) {
  const __m256i offset = _mm256_set1_epi32(INT32_MIN);
  Sums a{_mm512_setzero_si512(), _mm512_setzero_si512()}, b = a;
  size_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    const __m256i v0 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + i));
    const __m256i v1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + i + kLanes));
    Step(_mm256_xor_si256(v0, offset), _mm512_loadu_si512(field + i), a);
    Step(_mm256_xor_si256(v1, offset), _mm512_loadu_si512(field + i + kLanes), b);
  }
  for (; i < n; i += kLanes) {
    const __mmask8 lanes = static_cast<__mmask8>((1u << std::min(kLanes, n - i)) - 1u);
    const __m256i v = _mm256_maskz_loadu_epi32(lanes, values + i);
    // Lanes beyond the end multiply a zero of the field.
    Step(_mm256_xor_si256(v, offset), _mm512_maskz_loadu_epi64(lanes, field + i), a);
  }
  a.low = _mm512_add_epi64(a.low, b.low);
  a.high = _mm512_add_epi64(a.high, b.high);
  return Fold(a);
}

SOTTO_IFMA uint64_t OffsetDot(std::span<const int32_t> values, std::span<const uint64_t> field) {
  constexpr size_t kPiece = kStepsPerFold * kLanes;
  uint64_t sum = 0;
  for (size_t i = 0; i < values.size(); i += kPiece) {
    sum = FieldAdd(
        sum, DotPiece(values.data() + i, field.data() + i, std::min(kPiece, values.size() - i)));
  }
  return sum;
}

void AccumulateColumns(ConstMatrixView<int16_t> w, const uint64_t* s, int64_t* low, int64_t* high) {
  kAvx512Field.accumulate_columns(w, s, low, high);
}

}  // namespace

constinit const FieldKernels kAvx512IfmaField = {Isa::kAvx512Ifma, OffsetDot, AccumulateColumns};

}  // namespace sotto
