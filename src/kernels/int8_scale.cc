#include "kernels/int8_scale.h"

#include <immintrin.h>

#include "base/cpu.h"

namespace sotto {
namespace {

template <bool kAdd>
void ScalePortable(const int32_t* acc, const int32_t* weight_sums, size_t n, float t,
                   const float* scales, const float* bias, float* y) {
  for (size_t j = 0; j < n; ++j) {
    float value = (t * scales[j]) * static_cast<float>(acc[j] - 128 * weight_sums[j]);
    if (bias != nullptr) value += bias[j];
    y[j] = kAdd ? y[j] + value : value;
  }
}

template <bool kAdd>
__attribute__((target("avx512f"))) void ScaleAvx512(const int32_t* acc, const int32_t* weight_sums,
                                                    size_t n, float t, const float* scales,
                                                    const float* bias, float* y) {
  const __m512 row_scale = _mm512_set1_ps(t);
  for (size_t j = 0; j < n; j += 16) {
    const __mmask16 mask = static_cast<__mmask16>(n - j >= 16 ? 0xffff : (1u << (n - j)) - 1);
    const __m512i offset = _mm512_slli_epi32(_mm512_maskz_loadu_epi32(mask, weight_sums + j), 7);
    const __m512i sum = _mm512_sub_epi32(_mm512_maskz_loadu_epi32(mask, acc + j), offset);
    const __m512 scale = _mm512_mul_ps(row_scale, _mm512_maskz_loadu_ps(mask, scales + j));
    __m512 value = _mm512_mul_ps(scale, _mm512_cvtepi32_ps(sum));
    if (bias != nullptr) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, bias + j));
    if (kAdd) value = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, y + j), value);
    _mm512_mask_storeu_ps(y + j, mask, value);
  }
}

}  // namespace

void ScaleInt8Row(const int32_t* acc, const int32_t* weight_sums, size_t n, float t,
                  const float* scales, const float* bias, float* y) {
  (Cpu().avx512 ? ScaleAvx512<false> : ScalePortable<false>)(acc, weight_sums, n, t, scales, bias,
                                                             y);
}

void ScaleAddInt8Row(const int32_t* acc, const int32_t* weight_sums, size_t n, float t,
                     const float* scales, const float* bias, float* y) {
  (Cpu().avx512 ? ScaleAvx512<true> : ScalePortable<true>)(acc, weight_sums, n, t, scales, bias, y);
}

}  // namespace sotto
