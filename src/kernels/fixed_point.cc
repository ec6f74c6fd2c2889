#include "kernels/fixed_point.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/cpu.h"
#include "kernels/fixed_point_avx512.h"

namespace sotto {
namespace portable {
namespace {

// Magnitudes compare as the integers of their bits do; NaN is above infinity.
float MaxMagnitude(const float* x, size_t n) {
  uint32_t max_bits = 0;
  for (size_t i = 0; i < n; ++i) {
    max_bits = std::max(max_bits, std::bit_cast<uint32_t>(x[i]) & 0x7fffffffu);
  }
  return std::bit_cast<float>(max_bits);
}

}  // namespace

float QuantizeFixedRow(const float* x, size_t n, int32_t limit, int32_t* xq) {
  const FixedRowScales scales = ScalesOfFixedRow(MaxMagnitude(x, n), limit);
  const float high = static_cast<float>(limit), low = -high;
  for (size_t i = 0; i < n; ++i) {
    const float scaled = x[i] * scales.inverse;
    // Written so that NaN ends up within the limits.
    const float above = scaled > low ? scaled : low;
    xq[i] = static_cast<int32_t>(std::nearbyintf(above < high ? above : high));
  }
  return scales.t;
}

void SplitFixedRow(const int32_t* xq, size_t n, uint8_t* high, uint8_t* low) {
  for (size_t i = 0; i < n; ++i) {
    const uint32_t shifted = static_cast<uint32_t>(xq[i]) + 0x8000u;
    high[i] = static_cast<uint8_t>(shifted >> 8);
    low[i] = static_cast<uint8_t>(shifted);
  }
}

void CombineFixedPlanes(const int32_t* high, const int32_t* low, const int32_t* weight_sums,
                        size_t n, int32_t* acc) {
  for (size_t j = 0; j < n; ++j) {
    const uint32_t centred =
        static_cast<uint32_t>(high[j]) - 128u * static_cast<uint32_t>(weight_sums[j]);
    acc[j] = static_cast<int32_t>(256u * centred + static_cast<uint32_t>(low[j]));
  }
}

void ScaleFixedRow(const int32_t* acc, size_t n, float t, const float* scales, const float* bias,
                   float* y) {
  for (size_t j = 0; j < n; ++j) {
    const float value = (t * scales[j]) * static_cast<float>(acc[j]);
    y[j] = bias == nullptr ? value : value + bias[j];
  }
}

}  // namespace portable

FixedRowScales ScalesOfFixedRow(float max_magnitude, int32_t limit) {
  const float a = static_cast<float>(limit);
  const bool zero = max_magnitude < kFixedPointSmallest;
  const bool finite = max_magnitude <= std::numeric_limits<float>::max();
  // Divides in every case and selects afterwards.
  const float t = max_magnitude / a, inverse = a / std::max(max_magnitude, kFixedPointSmallest);
  const float not_a_number = std::numeric_limits<float>::quiet_NaN();
  return {zero ? 0.0f : (finite ? t : not_a_number), zero || !finite ? 0.0f : inverse};
}

float QuantizeFixedRow(const float* x, size_t n, int32_t limit, int32_t* xq) {
  return Cpu().avx512 ? avx512::QuantizeFixedRow(x, n, limit, xq)
                      : portable::QuantizeFixedRow(x, n, limit, xq);
}

void SplitFixedRow(const int32_t* xq, size_t n, uint8_t* high, uint8_t* low) {
  Cpu().avx512 ? avx512::SplitFixedRow(xq, n, high, low)
               : portable::SplitFixedRow(xq, n, high, low);
}

void CombineFixedPlanes(const int32_t* high, const int32_t* low, const int32_t* weight_sums,
                        size_t n, int32_t* acc) {
  Cpu().avx512 ? avx512::CombineFixedPlanes(high, low, weight_sums, n, acc)
               : portable::CombineFixedPlanes(high, low, weight_sums, n, acc);
}

void ScaleFixedRow(const int32_t* acc, size_t n, float t, const float* scales, const float* bias,
                   float* y) {
  Cpu().avx512 ? avx512::ScaleFixedRow(acc, n, t, scales, bias, y)
               : portable::ScaleFixedRow(acc, n, t, scales, bias, y);
}

}  // namespace sotto
