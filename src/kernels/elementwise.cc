#include "kernels/elementwise.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace sotto {
namespace {
constexpr float kSmallest = 0x1p-100f;

// NaN compares largest: magnitudes order as their bits do.
float LargerMagnitude(float max, float x) {
  return std::bit_cast<float>(
      std::max(std::bit_cast<uint32_t>(max), std::bit_cast<uint32_t>(x) & 0x7fffffffu));
}

float RmsScale(const float* x, size_t n, float eps) {
  float lanes[16] = {};
  for (size_t i = 0; i < n; ++i) lanes[i % 16] += x[i] * x[i];
  float sum = 0;
  for (float lane : lanes) sum += lane;
  return 1.0f / std::sqrt(sum / static_cast<float>(n) + eps);
}

template <typename F>
float Quantize(size_t n, float norm, F value, uint8_t* q) {
  float max = 0;
  for (size_t i = 0; i < n; ++i) max = LargerMagnitude(max, value(i));
  const bool zero = max * norm < kSmallest, finite = max <= std::numeric_limits<float>::max();
  const float inverse = zero || !finite ? 0.0f : 127.0f / max;
  for (size_t i = 0; i < n; ++i) {
    const float scaled = value(i) * inverse, above = scaled > -127.0f ? scaled : -127.0f;
    q[i] = static_cast<uint8_t>(128 + std::nearbyint(above < 127.0f ? above : 127.0f));
  }
  if (!finite) return std::numeric_limits<float>::quiet_NaN();
  return zero ? 0.0f : max * norm / 127.0f;
}
}  // namespace

void RmsNormRow(const float* x, const float* weight, size_t n, float eps, float* y) {
  const float scale = RmsScale(x, n, eps);
  for (size_t i = 0; i < n; ++i) y[i] = x[i] * scale * weight[i];
}
void RmsNormRow(const float* x, const float* weight, size_t n, float eps, BFloat16* y) {
  const float scale = RmsScale(x, n, eps);
  for (size_t i = 0; i < n; ++i) y[i] = ToBFloat16(x[i] * scale * weight[i]);
}
float QuantizeInt8Row(const float* x, size_t n, uint8_t* q) {
  return Quantize(
      n, 1.0f, [&](size_t i) { return x[i]; }, q);
}
float RmsNormQuantizeInt8Row(const float* x, const float* weight, size_t n, float eps, uint8_t* q) {
  return Quantize(
      n, RmsScale(x, n, eps), [&](size_t i) { return x[i] * weight[i]; }, q);
}
void ConvertRow(const float* x, size_t n, BFloat16* y) {
  for (size_t i = 0; i < n; ++i) y[i] = ToBFloat16(x[i]);
}
float MaxMagnitudeRow(const float* x, size_t n) {
  float max = 0;
  for (size_t i = 0; i < n; ++i) max = LargerMagnitude(max, x[i]);
  return max;
}
void SwiGluRow(const float* gate, const float* up, size_t n, float* y) {
  for (size_t i = 0; i < n; ++i) y[i] = gate[i] / (1.0f + std::exp(-gate[i])) * up[i];
}
void SwiGluRow(const float* gate, const float* up, size_t n, BFloat16* y) {
  for (size_t i = 0; i < n; ++i) y[i] = ToBFloat16(gate[i] / (1.0f + std::exp(-gate[i])) * up[i]);
}
void AddRow(const float* x, size_t n, float* y) {
  for (size_t i = 0; i < n; ++i) y[i] += x[i];
}
void ExpRow(const float* x, size_t n, float* y) {
  for (size_t i = 0; i < n; ++i) y[i] = std::exp(x[i]);
}
double LogSumExpRow(const float* x, size_t n) {
  float max = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < n; ++i) max = std::max(max, x[i]);
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += std::exp(double{x[i]} - max);
  return n == 0 ? double{max} : max + std::log(sum);
}
size_t ArgMaxRow(const float* x, size_t n) {
  size_t best = 0;
  for (size_t i = 1; i < n; ++i) {
    if (x[i] > x[best] || (std::isnan(x[best]) && !std::isnan(x[i]))) best = i;
  }
  return best;
}

}  // namespace sotto
