// Eight floats: the interface of simd_avx512.h. Include only in files compiled for AVX2 and FMA.
#ifndef SOTTO_KERNELS_SIMD_AVX2_H_
#define SOTTO_KERNELS_SIMD_AVX2_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "base/float_types.h"

namespace sotto {

struct Avx2 {
  static constexpr size_t kLanes = 8;
  using Vec = __m256;
  struct Doubles {
    __m256d low = _mm256_setzero_pd(), high = _mm256_setzero_pd();
  };

  static Vec Zero() { return _mm256_setzero_ps(); }
  static Vec Set(float x) { return _mm256_set1_ps(x); }
  static Vec Iota() { return _mm256_set_ps(7, 6, 5, 4, 3, 2, 1, 0); }
  static Vec Load(const float* p) { return _mm256_loadu_ps(p); }
  static void Store(float* p, Vec a) { _mm256_storeu_ps(p, a); }
  static Vec LoadFirst(const float* p, size_t n, Vec fill) {
    const __m256i mask = First(n);
    return _mm256_blendv_ps(fill, _mm256_maskload_ps(p, mask), _mm256_castsi256_ps(mask));
  }
  static void StoreFirst(float* p, Vec a, size_t n) { _mm256_maskstore_ps(p, First(n), a); }

  static Vec Add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
  static Vec Sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
  static Vec Mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
  static Vec Div(Vec a, Vec b) { return _mm256_div_ps(a, b); }
  static Vec MulAdd(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
  static Vec Max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
  static Vec Min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
  static Vec IfGreater(Vec a, Vec b, Vec then, Vec otherwise) {
    return _mm256_blendv_ps(otherwise, then, _mm256_cmp_ps(a, b, _CMP_GT_OQ));
  }
  static Vec LargerMagnitude(Vec a, Vec b) {
    const __m256i magnitude =
        _mm256_and_si256(_mm256_castps_si256(b), _mm256_set1_epi32(0x7fffffff));
    return _mm256_castsi256_ps(_mm256_max_epi32(_mm256_castps_si256(a), magnitude));
  }
  static Vec Round(Vec a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  // Twice by half the exponent, as 2^n itself may not be a float.
  static Vec Scale2(Vec x, Vec n) {
    const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
    return _mm256_mul_ps(_mm256_mul_ps(x, PowerOf2(half)), PowerOf2(_mm256_sub_epi32(whole, half)));
  }
  static void Accumulate(Doubles& sum, Vec a) {
    sum.low = _mm256_add_pd(sum.low, _mm256_cvtps_pd(_mm256_castps256_ps128(a)));
    sum.high = _mm256_add_pd(sum.high, _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1)));
  }
  static double Total(const Doubles& sum) {
    double lanes[4];
    _mm256_storeu_pd(lanes, _mm256_add_pd(sum.low, sum.high));
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
  }

  static Vec LoadBf16(const BFloat16* p) {
    const __m128i words = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(words), 16));
  }
  static void StoreBf16(BFloat16* p, Vec a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), Narrow(ToBf16(a)));
  }
  static void StoreBf16First(BFloat16* p, Vec a, size_t n) {
    alignas(16) BFloat16 all[kLanes];
    StoreBf16(all, a);
    __builtin_memcpy(p, all, n * sizeof *p);
  }
  static void StoreBytes(uint8_t* p, Vec a) {
    const __m128i words = Narrow(_mm256_cvtps_epi32(a));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(words, words));
  }
  static void StoreBytesFirst(uint8_t* p, Vec a, size_t n) {
    uint8_t all[kLanes];
    StoreBytes(all, a);
    __builtin_memcpy(p, all, n);
  }

  static void Transpose(const float* src, size_t src_stride, float* dst, size_t dst_stride) {
    __m256 r[8], t[8];
    for (size_t i = 0; i < 8; ++i) r[i] = _mm256_loadu_ps(src + i * src_stride);
    for (size_t i = 0; i < 8; i += 2) {
      t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
      t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (size_t i = 0; i < 8; i += 4) {  // r[i + c]: column 4 l + c of rows i .. i + 3 in half l.
      r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
      r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
      r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
      r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
    }
    for (size_t c = 0; c < 4; ++c) {
      _mm256_storeu_ps(dst + c * dst_stride, _mm256_permute2f128_ps(r[c], r[4 + c], 0x20));
      _mm256_storeu_ps(dst + (4 + c) * dst_stride, _mm256_permute2f128_ps(r[c], r[4 + c], 0x31));
    }
  }

  // Eight unsigned integers below 2^16 as words.
  static __m128i Narrow(__m256i a) {
    return _mm_packus_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  }
  static __m256i ToBf16(Vec a) {
    const __m256i bits = _mm256_castps_si256(a);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded =
        _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), odd);
    const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    const __m256 result = _mm256_blendv_ps(_mm256_castsi256_ps(rounded), _mm256_castsi256_ps(quiet),
                                           _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
    return _mm256_srli_epi32(_mm256_castps_si256(result), 16);
  }
  static __m256 PowerOf2(__m256i n) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
  }
  static __m256i First(size_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                              _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
  }
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_SIMD_AVX2_H_
