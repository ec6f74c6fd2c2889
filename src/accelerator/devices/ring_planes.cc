#include "accelerator/devices/ring_planes.h"

#include <immintrin.h>

#include "base/cpu.h"

namespace sotto {
namespace {

// The vector part of SplitRingRow; returns how many words it did.
__attribute__((target("avx512f,avx512bw,avx512vl"))) size_t SplitAvx512(
    const uint32_t* x, size_t n, const std::array<uint8_t*, kRingPlanes>& planes) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    __m512i v = _mm512_loadu_si512(x + i);
    for (size_t p = 0; p < kRingPlanes; ++p) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(planes[p] + i),
                       _mm512_maskz_cvtepi32_epi8(0xffff, v));
      v = _mm512_maskz_srli_epi32(0xffff, v, 8);
    }
  }
  return i;
}

__attribute__((target("avx512f,avx512bw,avx512vl"))) size_t CombineAvx512(
    const std::array<const uint32_t*, kRingPlanes>& planes, size_t n, uint32_t* y) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    __m512i sum = _mm512_loadu_si512(planes[kRingPlanes - 1] + i);
    for (size_t p = kRingPlanes - 1; p-- > 0;) {
      sum = _mm512_add_epi32(_mm512_maskz_slli_epi32(0xffff, sum, 8),
                             _mm512_loadu_si512(planes[p] + i));
    }
    _mm512_storeu_si512(y + i, sum);
  }
  return i;
}

}  // namespace

void SplitRingRow(const uint32_t* x, size_t n, const std::array<uint8_t*, kRingPlanes>& planes) {
  for (size_t i = Cpu().avx512 ? SplitAvx512(x, n, planes) : 0; i < n; ++i) {
    for (size_t p = 0; p < kRingPlanes; ++p) planes[p][i] = static_cast<uint8_t>(x[i] >> (8 * p));
  }
}

void CombineRingPlanes(const std::array<const uint32_t*, kRingPlanes>& planes, size_t n,
                       uint32_t* y) {
  for (size_t i = Cpu().avx512 ? CombineAvx512(planes, n, y) : 0; i < n; ++i) {
    y[i] = planes[0][i] + (planes[1][i] << 8) + (planes[2][i] << 16) + (planes[3][i] << 24);
  }
}

}  // namespace sotto
