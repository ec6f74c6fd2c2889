#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/integer_kernels.h"

namespace sotto {
namespace {

// Magnitudes compare as the integers of their bits do; NaN is above infinity.
float MaxMagnitude(const float* x, size_t n) {
  uint32_t max_bits = 0;
  for (size_t i = 0; i < n; ++i) {
    max_bits = std::max(max_bits, std::bit_cast<uint32_t>(x[i]) & 0x7fffffffu);
  }
  return std::bit_cast<float>(max_bits);
}

float QuantizeFixed(const float* x, size_t n, int32_t limit, int32_t* xq) {
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

void SplitFixed(const int32_t* xq, size_t n, uint8_t* high, uint8_t* low) {
  for (size_t i = 0; i < n; ++i) {
    const uint32_t shifted = static_cast<uint32_t>(xq[i]) + 0x8000u;
    high[i] = static_cast<uint8_t>(shifted >> 8);
    low[i] = static_cast<uint8_t>(shifted);
  }
}

void CombineFixed(const int32_t* high, const int32_t* low, const int32_t* weight_sums, size_t n,
                  int32_t* acc) {
  for (size_t j = 0; j < n; ++j) {
    const uint32_t centred =
        static_cast<uint32_t>(high[j]) - 128u * static_cast<uint32_t>(weight_sums[j]);
    acc[j] = static_cast<int32_t>(256u * centred + static_cast<uint32_t>(low[j]));
  }
}

void ScaleFixed(const int32_t* acc, size_t n, float t, const float* scales, const float* bias,
                float* y) {
  for (size_t j = 0; j < n; ++j) {
    const float value = (t * scales[j]) * static_cast<float>(acc[j]);
    y[j] = bias == nullptr ? value : value + bias[j];
  }
}

template <bool kAdd>
void ScaleInt8(const int32_t* acc, const int32_t* weight_sums, size_t n, float t,
               const float* scales, const float* bias, float* y) {
  for (size_t j = 0; j < n; ++j) {
    float value = (t * scales[j]) * static_cast<float>(acc[j] - 128 * weight_sums[j]);
    if (bias != nullptr) value += bias[j];
    y[j] = kAdd ? y[j] + value : value;
  }
}

void SplitRing(const uint32_t* x, size_t n, const RingPlanes<uint8_t>& planes) {
  for (size_t i = 0; i < n; ++i) {
    for (size_t p = 0; p < kRingPlanes; ++p) planes[p][i] = static_cast<uint8_t>(x[i] >> (8 * p));
  }
}

void CombineRing(const RingPlanes<const uint32_t>& planes, size_t n, uint32_t* y) {
  for (size_t i = 0; i < n; ++i) {
    y[i] = planes[0][i] + (planes[1][i] << 8) + (planes[2][i] << 16) + (planes[3][i] << 24);
  }
}

}  // namespace

constinit const IntegerKernels kPortableInteger = {Isa::kPortable,  QuantizeFixed, SplitFixed,
                                                   CombineFixed,    ScaleFixed,    ScaleInt8<false>,
                                                   ScaleInt8<true>, SplitRing,     CombineRing};

}  // namespace sotto
