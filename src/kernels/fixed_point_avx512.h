// fixed_point.h in 512-bit vectors: same bits. Call only where Cpu().avx512.
#ifndef SOTTO_KERNELS_FIXED_POINT_AVX512_H_
#define SOTTO_KERNELS_FIXED_POINT_AVX512_H_

#include <cstddef>
#include <cstdint>

namespace sotto {

// What the largest magnitude of a row decides: its scale t, and A / max|x|.
struct FixedRowScales {
  float t, inverse;
};
FixedRowScales ScalesOfFixedRow(float max_magnitude, int32_t limit);

namespace avx512 {
float QuantizeFixedRow(const float* x, size_t n, int32_t limit, int32_t* xq);
void SplitFixedRow(const int32_t* xq, size_t n, uint8_t* high, uint8_t* low);
void CombineFixedPlanes(const int32_t* high, const int32_t* low, const int32_t* weight_sums,
                        size_t n, int32_t* acc);
void ScaleFixedRow(const int32_t* acc, size_t n, float t, const float* scales, const float* bias,
                   float* y);
}  // namespace avx512

}  // namespace sotto

#endif  // SOTTO_KERNELS_FIXED_POINT_AVX512_H_
