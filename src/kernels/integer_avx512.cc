#include <immintrin.h>

#include <bit>

#include "kernels/integer_kernels.h"

// Said of each function and not of the file: what the headers define inline stays portable.
#define SOTTO_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))

namespace sotto {
namespace {

constexpr size_t kLanes = 16;

// Lanes [0, min(remaining, 16)).
__mmask16 LaneMask(size_t remaining) {
  return remaining >= kLanes ? __mmask16{0xffff} : static_cast<__mmask16>((1u << remaining) - 1);
}

SOTTO_AVX512 float MaxMagnitude(const float* x, size_t n) {
  const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
  __m512i max = _mm512_setzero_si512();
  for (size_t i = 0; i < n; i += kLanes) {
    const __m512i bits = _mm512_maskz_loadu_epi32(LaneMask(n - i), x + i);
    max = _mm512_max_epi32(max, _mm512_and_si512(bits, magnitude));
  }
  return std::bit_cast<float>(_mm512_reduce_max_epi32(max));
}

SOTTO_AVX512 float QuantizeFixed(const float* x, size_t n, int32_t limit, int32_t* xq) {
  const FixedRowScales scales = ScalesOfFixedRow(MaxMagnitude(x, n), limit);
  const __m512 inverse = _mm512_set1_ps(scales.inverse);
  const __m512 high = _mm512_set1_ps(static_cast<float>(limit));
  const __m512 low = _mm512_set1_ps(-static_cast<float>(limit));
  for (size_t i = 0; i < n; i += kLanes) {
    const __mmask16 mask = LaneMask(n - i);
    const __m512 scaled = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + i), inverse);
    // max and min return their second operand for NaN.
    const __m512 clamped = _mm512_min_ps(_mm512_max_ps(scaled, low), high);
    _mm512_mask_storeu_epi32(
        xq + i, mask,
        _mm512_cvt_roundps_epi32(clamped, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }
  return scales.t;
}

SOTTO_AVX512 void SplitFixed(const int32_t* xq, size_t n, uint8_t* high, uint8_t* low) {
  const __m512i offset = _mm512_set1_epi32(0x8000);
  for (size_t i = 0; i < n; i += kLanes) {
    const __mmask16 mask = LaneMask(n - i);
    const __m512i shifted = _mm512_add_epi32(_mm512_maskz_loadu_epi32(mask, xq + i), offset);
    _mm512_mask_cvtepi32_storeu_epi8(high + i, mask, _mm512_srli_epi32(shifted, 8));
    _mm512_mask_cvtepi32_storeu_epi8(low + i, mask, shifted);
  }
}

SOTTO_AVX512 void CombineFixed(const int32_t* high, const int32_t* low, const int32_t* weight_sums,
                               size_t n, int32_t* acc) {
  for (size_t j = 0; j < n; j += kLanes) {
    const __mmask16 mask = LaneMask(n - j);
    const __m512i sums = _mm512_maskz_loadu_epi32(mask, weight_sums + j);
    const __m512i centred =
        _mm512_sub_epi32(_mm512_maskz_loadu_epi32(mask, high + j), _mm512_slli_epi32(sums, 7));
    const __m512i sum =
        _mm512_add_epi32(_mm512_slli_epi32(centred, 8), _mm512_maskz_loadu_epi32(mask, low + j));
    _mm512_mask_storeu_epi32(acc + j, mask, sum);
  }
}

SOTTO_AVX512 void ScaleFixed(const int32_t* acc, size_t n, float t, const float* scales,
                             const float* bias, float* y) {
  const __m512 row_scale = _mm512_set1_ps(t);
  for (size_t j = 0; j < n; j += kLanes) {
    const __mmask16 mask = LaneMask(n - j);
    const __m512 scale = _mm512_mul_ps(row_scale, _mm512_maskz_loadu_ps(mask, scales + j));
    __m512 value =
        _mm512_mul_ps(scale, _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(mask, acc + j)));
    if (bias != nullptr) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, bias + j));
    _mm512_mask_storeu_ps(y + j, mask, value);
  }
}

template <bool kAdd>
SOTTO_AVX512 void ScaleInt8(const int32_t* acc, const int32_t* weight_sums, size_t n, float t,
                            const float* scales, const float* bias, float* y) {
  const __m512 row_scale = _mm512_set1_ps(t);
  for (size_t j = 0; j < n; j += kLanes) {
    const __mmask16 mask = LaneMask(n - j);
    const __m512i offset = _mm512_slli_epi32(_mm512_maskz_loadu_epi32(mask, weight_sums + j), 7);
    const __m512i sum = _mm512_sub_epi32(_mm512_maskz_loadu_epi32(mask, acc + j), offset);
    const __m512 scale = _mm512_mul_ps(row_scale, _mm512_maskz_loadu_ps(mask, scales + j));
    __m512 value = _mm512_mul_ps(scale, _mm512_cvtepi32_ps(sum));
    if (bias != nullptr) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, bias + j));
    if (kAdd) value = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, y + j), value);
    _mm512_mask_storeu_ps(y + j, mask, value);
  }
}

SOTTO_AVX512 void SplitRing(const uint32_t* x, size_t n, const RingPlanes<uint8_t>& planes) {
  for (size_t i = 0; i < n; i += kLanes) {
    const __mmask16 mask = LaneMask(n - i);
    __m512i v = _mm512_maskz_loadu_epi32(mask, x + i);
    for (size_t p = 0; p < kRingPlanes; ++p) {
      _mm_mask_storeu_epi8(planes[p] + i, mask, _mm512_cvtepi32_epi8(v));
      v = _mm512_srli_epi32(v, 8);
    }
  }
}

SOTTO_AVX512 void CombineRing(const RingPlanes<const uint32_t>& planes, size_t n, uint32_t* y) {
  for (size_t i = 0; i < n; i += kLanes) {
    const __mmask16 mask = LaneMask(n - i);
    __m512i sum = _mm512_maskz_loadu_epi32(mask, planes[kRingPlanes - 1] + i);
    for (size_t p = kRingPlanes - 1; p-- > 0;) {
      sum = _mm512_add_epi32(_mm512_slli_epi32(sum, 8),
                             _mm512_maskz_loadu_epi32(mask, planes[p] + i));
    }
    _mm512_mask_storeu_epi32(y + i, mask, sum);
  }
}

}  // namespace

constinit const IntegerKernels kAvx512Integer = {Isa::kAvx512,    QuantizeFixed, SplitFixed,
                                                 CombineFixed,    ScaleFixed,    ScaleInt8<false>,
                                                 ScaleInt8<true>, SplitRing,     CombineRing};

}  // namespace sotto
