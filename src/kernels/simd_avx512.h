// Sixteen floats for kernels written over a vector type (elementwise_rows.h, attention_tile.h).
// Include only in files compiled for AVX-512 F, BW, DQ and VL.
#ifndef SOTTO_KERNELS_SIMD_AVX512_H_
#define SOTTO_KERNELS_SIMD_AVX512_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "base/float_types.h"

namespace sotto {

struct Avx512 {
  static constexpr size_t kLanes = 16;
  using Vec = __m512;
  // One double-precision sum a lane.
  struct Doubles {
    __m512d low = _mm512_setzero_pd(), high = _mm512_setzero_pd();
  };

  static Vec Zero() { return _mm512_setzero_ps(); }
  static Vec Set(float x) { return _mm512_set1_ps(x); }
  // 0, 1, 2, ...
  static Vec Iota() { return _mm512_set_ps(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0); }
  static Vec Load(const float* p) { return _mm512_loadu_ps(p); }
  static void Store(float* p, Vec a) { _mm512_storeu_ps(p, a); }
  // The first n < kLanes elements; the others are fill's, and are not written.
  static Vec LoadFirst(const float* p, size_t n, Vec fill) {
    return _mm512_mask_loadu_ps(fill, First(n), p);
  }
  static void StoreFirst(float* p, Vec a, size_t n) { _mm512_mask_storeu_ps(p, First(n), a); }

  static Vec Add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
  static Vec Sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
  static Vec Mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
  static Vec Div(Vec a, Vec b) { return _mm512_div_ps(a, b); }
  // a * b + c; rounded once where the set has a fused operation.
  static Vec MulAdd(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
  // The second operand where either is NaN.
  static Vec Max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
  static Vec Min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
  // a > b ? then : otherwise; NaN is not greater.
  static Vec IfGreater(Vec a, Vec b, Vec then, Vec otherwise) {
    return _mm512_mask_mov_ps(otherwise, _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), then);
  }
  // max(a, |b|), NaN being the largest of all: magnitudes order as their bits do. a >= 0 or NaN.
  static Vec LargerMagnitude(Vec a, Vec b) {
    return _mm512_castsi512_ps(
        _mm512_max_epi32(_mm512_castps_si512(a), _mm512_castps_si512(_mm512_abs_ps(b))));
  }
  // To nearest, ties to even. |a| < 2^22.
  static Vec Round(Vec a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  // x * 2^n; n integral, |n| <= 252.
  static Vec Scale2(Vec x, Vec n) { return _mm512_scalef_ps(x, n); }
  static void Accumulate(Doubles& sum, Vec a) {
    sum.low = _mm512_add_pd(sum.low, _mm512_cvtps_pd(_mm512_castps512_ps256(a)));
    sum.high = _mm512_add_pd(sum.high, _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1)));
  }
  static double Total(const Doubles& sum) {
    return _mm512_reduce_add_pd(_mm512_add_pd(sum.low, sum.high));
  }

  static Vec LoadBf16(const BFloat16* p) {
    const __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16));
  }
  // Rounded to nearest even; NaN becomes quiet.
  static void StoreBf16(BFloat16* p, Vec a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), ToBf16(a));
  }
  static void StoreBf16First(BFloat16* p, Vec a, size_t n) {
    _mm256_mask_storeu_epi16(p, First(n), ToBf16(a));
  }
  // Integral values in [0, 255] as bytes.
  static void StoreBytes(uint8_t* p, Vec a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a)));
  }
  static void StoreBytesFirst(uint8_t* p, Vec a, size_t n) {
    _mm512_mask_cvtepi32_storeu_epi8(p, First(n), _mm512_cvtps_epi32(a));
  }

  // dst[j][i] = src[i][j] for a block of kLanes x kLanes elements of four bytes; strides in
  // elements.
  template <typename T>
  static void Transpose(const T* src, size_t src_stride, T* dst, size_t dst_stride) {
    __m512i r[16], t[16];
    for (size_t i = 0; i < 16; ++i) r[i] = _mm512_loadu_si512(src + i * src_stride);
    for (size_t i = 0; i < 16; i += 2) {
      t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
      t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (size_t i = 0; i < 16;
         i += 4) {  // r[i + c]: column 4 l + c of rows i .. i + 3 in quarter l.
      r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
      r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
      r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
      r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (size_t c = 0; c < 4; ++c) {
      const __m512i a = _mm512_shuffle_i32x4(r[c], r[4 + c], 0x44);
      const __m512i b = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0x44);
      const __m512i d = _mm512_shuffle_i32x4(r[c], r[4 + c], 0xee);
      const __m512i e = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0xee);
      _mm512_storeu_si512(dst + c * dst_stride, _mm512_shuffle_i32x4(a, b, 0x88));
      _mm512_storeu_si512(dst + (4 + c) * dst_stride, _mm512_shuffle_i32x4(a, b, 0xdd));
      _mm512_storeu_si512(dst + (8 + c) * dst_stride, _mm512_shuffle_i32x4(d, e, 0x88));
      _mm512_storeu_si512(dst + (12 + c) * dst_stride, _mm512_shuffle_i32x4(d, e, 0xdd));
    }
  }

  // In integers: VCVTNEPS2BF16 flushes denormals and needs AVX512-BF16.
  static __m256i ToBf16(Vec a) {
    const __m512i bits = _mm512_castps_si512(a);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded =
        _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
    const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
    const __mmask16 nan = _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_mask_mov_epi32(rounded, nan, quiet), 16));
  }
  static __mmask16 First(size_t n) { return static_cast<__mmask16>((1u << n) - 1); }
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_SIMD_AVX512_H_
