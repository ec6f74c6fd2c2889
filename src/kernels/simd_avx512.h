// Sixteen floats for kernels written over a vector type (elementwise_rows.h, attention_tile.h).
// Include only in files compiled for AVX-512 F, BW, DQ and VL.
#ifndef SOTTO_KERNELS_SIMD_AVX512_H_
#define SOTTO_KERNELS_SIMD_AVX512_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace sotto {

struct Avx512 {
  static constexpr size_t kLanes = 16;
  using Vec = __m512;

  static Vec Zero() { return _mm512_setzero_ps(); }
  static Vec Set(float x) { return _mm512_set1_ps(x); }
  static Vec Load(const float* p) { return _mm512_loadu_ps(p); }
  static void Store(float* p, Vec a) { _mm512_storeu_ps(p, a); }
  // The first n < kLanes elements; the others are zero, and are not written.
  static Vec LoadFirst(const float* p, size_t n) { return _mm512_maskz_loadu_ps(First(n), p); }
  static void StoreFirst(float* p, Vec a, size_t n) { _mm512_mask_storeu_ps(p, First(n), a); }

  static Vec Add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
  static Vec Sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
  static Vec Mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
  static Vec Div(Vec a, Vec b) { return _mm512_div_ps(a, b); }
  // a * b + c, rounded once.
  static Vec MulAdd(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
  // The second operand where either is NaN.
  static Vec Max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
  static Vec Min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
  // The larger of two magnitudes, NaN being the largest of all. a: a magnitude; b: anything.
  static Vec LargerMagnitude(Vec a, Vec b) {
    return _mm512_castsi512_ps(
        _mm512_max_epi32(_mm512_castps_si512(a), _mm512_castps_si512(_mm512_abs_ps(b))));
  }
  static Vec Round(Vec a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  // x * 2^n for integral n of any size, rounded once.
  static Vec Scale2(Vec x, Vec n) { return _mm512_scalef_ps(x, n); }

  // Rounded to nearest even; NaN becomes quiet.
  static void StoreBf16(uint16_t* p, Vec a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), ToBf16(a));
  }
  static void StoreBf16First(uint16_t* p, Vec a, size_t n) {
    _mm256_mask_storeu_epi16(p, First(n), ToBf16(a));
  }
  // Integral values in [0, 255] as bytes.
  static void StoreBytes(uint8_t* p, Vec a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a)));
  }
  static void StoreBytesFirst(uint8_t* p, Vec a, size_t n) {
    _mm512_mask_cvtepi32_storeu_epi8(p, First(n), _mm512_cvtps_epi32(a));
  }

 private:
  static __mmask16 First(size_t n) { return static_cast<__mmask16>((1u << n) - 1); }
  // In integers, because VCVTNEPS2BF16 flushes denormals and base CPUs lack it.
  static __m256i ToBf16(Vec a) {
    const __m512i bits = _mm512_castps_si512(a);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded =
        _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
    const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
    const __mmask16 nan = _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_mask_mov_epi32(rounded, nan, quiet), 16));
  }
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_SIMD_AVX512_H_
