#include <immintrin.h>

#include <algorithm>

#include "trusted/split/field_kernels.h"

#define SOTTO_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))

namespace sotto {
namespace {

constexpr size_t kLanes = 8;
// Rows at a time, so that a strip of columns stays in the second-level cache.
constexpr size_t kRowsPerBlock = 64;
constexpr size_t kGroups = 8;  // Groups of eight columns whose sums live in registers.

SOTTO_AVX512 void AccumulateStrip(ConstMatrixView<int16_t> w, const uint64_t* s, int64_t* low,
                                  int64_t* high) {
  __m512i low_sum[kGroups], high_sum[kGroups];
  for (size_t g = 0; g < kGroups; ++g) {
    low_sum[g] = _mm512_loadu_si512(low + g * kLanes);
    high_sum[g] = _mm512_loadu_si512(high + g * kLanes);
  }
  for (size_t j = 0; j < w.rows(); ++j) {
    const __m512i s_low = _mm512_set1_epi64(static_cast<int64_t>(s[j] & 0x7fffffffu));
    const __m512i s_high = _mm512_set1_epi64(static_cast<int64_t>(s[j] >> 31));
    for (size_t g = 0; g < kGroups; ++g) {
      const auto* eight = reinterpret_cast<const __m128i*>(w.row(j) + g * kLanes);
      const __m512i v = _mm512_cvtepi16_epi64(_mm_loadu_si128(eight));
      low_sum[g] = _mm512_add_epi64(low_sum[g], _mm512_mul_epi32(v, s_low));
      high_sum[g] = _mm512_add_epi64(high_sum[g], _mm512_mul_epi32(v, s_high));
    }
  }
  for (size_t g = 0; g < kGroups; ++g) {
    _mm512_storeu_si512(low + g * kLanes, low_sum[g]);
    _mm512_storeu_si512(high + g * kLanes, high_sum[g]);
  }
}

SOTTO_AVX512 void AccumulateColumns(ConstMatrixView<int16_t> w, const uint64_t* s, int64_t* low,
                                    int64_t* high) {
  constexpr size_t kStrip = kGroups * kLanes;
  const size_t whole = w.cols() / kStrip * kStrip;
  for (size_t j = 0; j < w.rows(); j += kRowsPerBlock) {
    const ConstMatrixView<int16_t> rows = w.Rows(j, std::min(kRowsPerBlock, w.rows() - j));
    for (size_t i = 0; i < whole; i += kStrip) {
      AccumulateStrip(rows.Cols(i, kStrip), s + j, low + i, high + i);
    }
    kPortableField.accumulate_columns(rows.Cols(whole, w.cols() - whole), s + j, low + whole,
                                      high + whole);
  }
}

uint64_t OffsetDot(std::span<const int32_t> values, std::span<const uint64_t> field) {
  return kPortableField.offset_dot(values, field);
}

}  // namespace

constinit const FieldKernels kAvx512Field = {Isa::kAvx512, OffsetDot, AccumulateColumns};

}  // namespace sotto
