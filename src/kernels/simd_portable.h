// Four floats in plain loops, which any compiler turns into SSE: the interface of simd_avx512.h.
#ifndef SOTTO_KERNELS_SIMD_PORTABLE_H_
#define SOTTO_KERNELS_SIMD_PORTABLE_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/float_types.h"

namespace sotto {

struct Portable {
  static constexpr size_t kLanes = 4;
  struct Vec {
    float v[kLanes];
  };
  struct Doubles {
    double v[kLanes] = {};
  };

  template <typename F>
  static Vec Each(F f) {
    Vec y;
    for (size_t i = 0; i < kLanes; ++i) y.v[i] = f(i);
    return y;
  }

  static Vec Zero() { return Vec{}; }
  static Vec Set(float x) {
    return Each([&](size_t) { return x; });
  }
  static Vec Iota() {
    return Each([](size_t i) { return static_cast<float>(i); });
  }
  static Vec Load(const float* p) {
    return Each([&](size_t i) { return p[i]; });
  }
  static void Store(float* p, Vec a) { StoreFirst(p, a, kLanes); }
  static Vec LoadFirst(const float* p, size_t n, Vec fill) {
    return Each([&](size_t i) { return i < n ? p[i] : fill.v[i]; });
  }
  static void StoreFirst(float* p, Vec a, size_t n) {
    for (size_t i = 0; i < n; ++i) p[i] = a.v[i];
  }

  static Vec Add(Vec a, Vec b) {
    return Each([&](size_t i) { return a.v[i] + b.v[i]; });
  }
  static Vec Sub(Vec a, Vec b) {
    return Each([&](size_t i) { return a.v[i] - b.v[i]; });
  }
  static Vec Mul(Vec a, Vec b) {
    return Each([&](size_t i) { return a.v[i] * b.v[i]; });
  }
  static Vec Div(Vec a, Vec b) {
    return Each([&](size_t i) { return a.v[i] / b.v[i]; });
  }
  static Vec MulAdd(Vec a, Vec b, Vec c) {
    return Each([&](size_t i) { return a.v[i] * b.v[i] + c.v[i]; });
  }
  static Vec Max(Vec a, Vec b) {
    return Each([&](size_t i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static Vec Min(Vec a, Vec b) {
    return Each([&](size_t i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
  }
  static Vec IfGreater(Vec a, Vec b, Vec then, Vec otherwise) {
    return Each([&](size_t i) { return a.v[i] > b.v[i] ? then.v[i] : otherwise.v[i]; });
  }
  static Vec LargerMagnitude(Vec a, Vec b) {
    return Each([&](size_t i) {
      const uint32_t magnitude = std::bit_cast<uint32_t>(b.v[i]) & 0x7fffffffu;
      return std::bit_cast<float>(std::max(std::bit_cast<uint32_t>(a.v[i]), magnitude));
    });
  }
  // Adding 1.5 * 2^23 leaves no room for a fraction. |a| < 2^22.
  static Vec Round(Vec a) {
    return Each([&](size_t i) {
      const float shifted = a.v[i] + 0x1.8p23f;
      return shifted - 0x1.8p23f;
    });
  }
  // Twice by half the exponent, as 2^n itself may not be a float. |n| <= 252.
  static Vec Scale2(Vec x, Vec n) {
    return Each([&](size_t i) {
      // A NaN is in x already; converted to an integer, it would be undefined.
      const int32_t whole = std::isnan(n.v[i]) ? 0 : static_cast<int32_t>(n.v[i]), half = whole / 2;
      return x.v[i] * std::bit_cast<float>((half + 127) << 23) *
             std::bit_cast<float>((whole - half + 127) << 23);
    });
  }
  static void Accumulate(Doubles& sum, Vec a) {
    for (size_t i = 0; i < kLanes; ++i) sum.v[i] += double{a.v[i]};
  }
  static double Total(const Doubles& sum) { return sum.v[0] + sum.v[1] + sum.v[2] + sum.v[3]; }

  static void Transpose(const float* src, size_t src_stride, float* dst, size_t dst_stride) {
    for (size_t i = 0; i < kLanes; ++i) {
      for (size_t j = 0; j < kLanes; ++j) dst[j * dst_stride + i] = src[i * src_stride + j];
    }
  }

  static Vec LoadBf16(const BFloat16* p) {
    Vec a;
    for (size_t i = 0; i < kLanes; ++i) a.v[i] = ToFloat(p[i]);
    return a;
  }
  static void StoreBf16(BFloat16* p, Vec a) { StoreBf16First(p, a, kLanes); }
  static void StoreBf16First(BFloat16* p, Vec a, size_t n) {
    for (size_t i = 0; i < n; ++i) p[i] = ToBFloat16(a.v[i]);
  }
  static void StoreBytes(uint8_t* p, Vec a) { StoreBytesFirst(p, a, kLanes); }
  static void StoreBytesFirst(uint8_t* p, Vec a, size_t n) {
    for (size_t i = 0; i < n; ++i) p[i] = static_cast<uint8_t>(a.v[i]);
  }
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_SIMD_PORTABLE_H_
