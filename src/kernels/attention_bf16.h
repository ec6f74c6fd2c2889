// What the attention tile asks of bf16 operands: pairs of them, whose products one step sums.
// Include only in files compiled for AVX512-BF16.
#ifndef SOTTO_KERNELS_ATTENTION_BF16_H_
#define SOTTO_KERNELS_ATTENTION_BF16_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace sotto {

// Simd: Avx512 (simd_avx512.h), or what the including file derives from it to have instantiations
// of its own. What remains to be said is the shape of a product: see attention_tile.h.
template <typename Simd>
struct Bf16Operands : Simd {
  using typename Simd::Vec;
  using Scalar = uint16_t;
  using Element = uint32_t;  // Two bf16, the lower index in the lower half.
  using Operand = __m512bh;
  static constexpr size_t kPair = 2;

  // Relative error 2^-11, a quarter of what rounding the weight to bf16 costs; 2^0 is exactly 1 and
  // 2^-infinity exactly 0 (VREDUCE gives 0 for infinities, VSCALEF then 0).
  static Vec Exp2(Vec x) {
    const Vec f = _mm512_reduce_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    Vec p = Simd::MulAdd(Simd::Set(0.0416987501f), f, Simd::Set(0.242030516f));
    p = Simd::MulAdd(p, f, Simd::Set(0.695766807f));
    p = Simd::MulAdd(p, f, Simd::Set(1.0f));
    return Simd::Scale2(p, Simd::Sub(x, f));
  }
  static Vec MaskOutside(Vec a, const int* limit, int key, int window) {
    const __m512i age = _mm512_sub_epi32(_mm512_loadu_si512(limit), _mm512_set1_epi32(key));
    // Without a sign: a later key is of the greatest age.
    const __mmask16 hidden = _mm512_cmpge_epu32_mask(age, _mm512_set1_epi32(window));
    return _mm512_mask_mov_ps(a, hidden, Simd::Set(-__builtin_inff()));
  }
  static Scalar ToScalar(float x) {
    uint32_t u;
    __builtin_memcpy(&u, &x, sizeof u);
    if ((u & 0x7fffffffu) > 0x7f800000u) return static_cast<Scalar>((u >> 16) | 0x40u);
    return static_cast<Scalar>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
  }
  static Operand LoadOperand(const Element* p) {
    return reinterpret_cast<__m512bh>(_mm512_loadu_si512(p));
  }
  static Operand Broadcast(const Element* p) {
    return reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(*p)));
  }
  static void StoreRow(Element* p, const float* row) {
    _mm512_storeu_si512(p, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(
                               Simd::Load(row + Simd::kLanes), Simd::Load(row))));
  }
  static void StoreOperand(Element* p, const Vec (&weight)[kPair]) {
    const __m512i halves = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(weight[1], weight[0]));
    const __m512i interleave =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    _mm512_storeu_si512(p, _mm512_permutexvar_epi16(interleave, halves));
  }
  static Vec Dot(Operand a, Operand b, Vec c) { return _mm512_dpbf16_ps(c, a, b); }
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_ATTENTION_BF16_H_
